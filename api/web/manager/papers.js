/**
 * The hall's papers as they come out of the printer, and the list of the day to print.
 *
 * A picture is drawn from the bytes that a printer would get: by the plan in force, or by what stands in the plan
 * editor and is not in force yet.
 */

import { html, nothing } from 'lit';
import { Problem, Unreachable, detailOf, newKey, send } from 'base/api.js';
import { PartElement } from 'base/element.js';
import { language, t } from 'base/i18n.js';
import { signInFor } from 'base/session.js';
import { writing } from './draft.js';

/**
 * @typedef {import('./types.js').PlanForm} PlanForm
 * @typedef {{id: string, kind: string, paper_mm: number}} Printer
 */

const KINDS = /** @type {const} */ (['ticket', 'notice', 'acceptance', 'commitment', 'delivery', 'closing']);
const WIDTHS_MM = [58, 80];
const PRINTER_KINDS = ['printer', 'ticket_machine'];

/** `<paper-preview>`: set `path` and `plan`. */
class PaperPreview extends PartElement {
  static properties = {
    path: { attribute: false },
    plan: { attribute: false },
    paper: { state: true },
    paper_mm: { state: true },
    picture: { state: true },
    draft: { state: true },
    trouble: { state: true },
    said: { state: true },
    busy: { state: true },
  };

  constructor() {
    super();
    /** E.g. `/halls/demo`. */
    this.path = '';
    /** @type {(PlanForm & {devices?: Printer[]}) | null} */
    this.plan = null;
    /** @type {(typeof KINDS)[number]} */
    this.paper = 'ticket';
    this.paper_mm = 80;
    /** @type {ImageBitmap | null} */
    this.picture = null;
    /** What the picture shows is not in force yet. */
    this.draft = false;
    this.trouble = '';
    this.said = '';
    this.busy = false;
  }

  /** @override */
  connectedCallback() {
    super.connectedCallback();
    this.#show();
  }

  async #show() {
    const { text } = writing;
    const asked = `${this.paper}/${this.paper_mm}`;
    this.trouble = '';
    try {
      const drawn = await this.#drawn({ text, paper_mm: this.paper_mm });
      if (asked !== `${this.paper}/${this.paper_mm}` || !this.isConnected) return;
      this.picture = drawn;
      this.draft = text !== null;
    } catch (error) {
      if (!signInFor(error)) this.trouble = detailOf(error);
    }
  }

  /** @param {{text: string | null, paper_mm: number}} body @returns {Promise<ImageBitmap>} */
  async #drawn(body) {
    let response;
    try {
      response = await fetch(`/api/v1${this.path}/papers/${this.paper}/preview`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', 'Accept-Language': language(), 'Idempotency-Key': newKey() },
        body: JSON.stringify(body),
      });
    } catch (error) {
      throw new Unreachable(error);
    }
    if (response.ok) return createImageBitmap(await response.blob());
    const problem = await response.json().catch(() => ({}));
    throw new Problem(response.status, String(problem.code ?? ''), String(problem.detail ?? t('base.problem', { status: response.status })), problem);
  }

  /** @param {SubmitEvent} event */
  async #print(event) {
    event.preventDefault();
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || this.busy) return;
    const device = String(new FormData(form).get('device') ?? '');
    this.busy = true;
    this.trouble = '';
    this.said = '';
    try {
      await send('POST', `${this.path}/papers/closing/print`, { device }, newKey());
      this.said = t('manager.papers_printing', { device });
    } catch (error) {
      if (!signInFor(error)) this.trouble = detailOf(error);
    } finally {
      this.busy = false;
    }
  }

  /** A picture is drawn, not linked to: the page's policy lets no picture in that isn't a file of ours. @override */
  updated() {
    const canvas = this.querySelector('canvas');
    if (canvas !== null && this.picture !== null) canvas.getContext('2d')?.drawImage(this.picture, 0, 0);
  }

  /** @param {(typeof KINDS)[number]} paper */
  #choose(paper) {
    this.paper = paper;
    this.#show();
  }

  /** @param {number} paper_mm */
  #widen(paper_mm) {
    this.paper_mm = paper_mm;
    this.#show();
  }

  /** @override */
  render() {
    const printers = (this.plan?.devices ?? []).filter(({ kind }) => PRINTER_KINDS.includes(kind));
    return html`<section class="panel papers" aria-labelledby="papers-title">
      <header class="panel-head">
        <h2 id="papers-title">${t('manager.papers_title')}</h2>
        <p>${t('manager.papers_lead')}</p>
      </header>
      ${this.trouble === '' ? nothing : html`<p class="alert" role="alert">${this.trouble}</p>`}
      <div class="choices" role="group" aria-label=${t('manager.papers_which')}>
        ${KINDS.map(
          (kind) => html`<button type="button" aria-pressed=${kind === this.paper} @click=${() => this.#choose(kind)}>
            ${t(`manager.paper_${kind}`)}
          </button>`,
        )}
      </div>
      <div class="choices" role="group" aria-label=${t('manager.papers_width')}>
        ${WIDTHS_MM.map(
          (mm) => html`<button type="button" aria-pressed=${mm === this.paper_mm} @click=${() => this.#widen(mm)}>
            ${t('manager.papers_mm', { mm })}
          </button>`,
        )}
        <button type="button" class="again" @click=${() => this.#show()}>${t('manager.papers_again')}</button>
      </div>
      ${this.draft ? html`<p class="draft">${t('manager.papers_draft')}</p>` : nothing}
      <div class="desk">
        ${this.picture === null
          ? nothing
          : html`<canvas
              role="img"
              class=${`mm-${this.paper_mm}`}
              width=${this.picture.width}
              height=${this.picture.height}
              aria-label=${t('manager.papers_picture', { paper: t(`manager.paper_${this.paper}`), mm: this.paper_mm })}
            ></canvas>`}
      </div>
      ${printers.length === 0
        ? nothing
        : html`<form @submit=${this.#print}>
            <label
              ><span>${t('manager.papers_printer')}</span>
              <select name="device">
                ${printers.map(({ id }) => html`<option value=${id}>${id}</option>`)}
              </select></label
            >
            <button class="button" ?disabled=${this.busy}>${t('manager.papers_print_closing')}</button>
            <span role="status">${this.said}</span>
          </form>`}
    </section>`;
  }
}

customElements.define('paper-preview', PaperPreview);
