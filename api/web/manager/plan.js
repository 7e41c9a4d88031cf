/**
 * The plan editor: the plan as text, checked before it is put in force. Nothing changes by a check.
 *
 * A check says what is wrong, and where; of a plan without faults it says what would happen to people who wait.
 */

import { html, nothing } from 'lit';
import { Problem, get, newKey, send } from 'base/api.js';
import { t } from 'base/i18n.js';
import { writing } from './draft.js';
import { EditorElement } from './editor.js';
import { serviceNames } from './words.js';

/**
 * @typedef {import('./types.js').PlanDraft} PlanDraft
 * @typedef {import('./types.js').PlanFault} PlanFault
 * @typedef {import('./types.js').PlanForm} PlanForm
 */

const TAB = '  ';

/** `<plan-editor>`: set `path` and `plan`; tells `changed` once another plan is in force. */
class PlanEditor extends EditorElement {
  static properties = {
    ...EditorElement.properties,
    plan: { attribute: false },
    text: { state: true },
    draft: { state: true },
  };

  constructor() {
    super();
    /** @type {PlanForm | null} the plan in force, for the names of services */
    this.plan = null;
    this.text = '';
    /** The text that the controller gave. */
    this.given = '';
    /** @type {PlanDraft | null} what the last check of this very text said */
    this.draft = null;
    this.key = newKey();
  }

  /** @override */
  connectedCallback() {
    super.connectedCallback();
    if (!this.isEdited) this.load(); // what somebody edits here outlives a look at another part
  }

  /** @override */
  get isEdited() {
    return this.text !== this.given;
  }

  /** @override @param {unknown} error */
  failed(error) {
    if (error instanceof Problem && Array.isArray(error.body['errors'])) this.draft = null;
  }

  /** @override */
  load() {
    return this.during(async () => {
      this.given = (await get(`${this.path}/plan/text`)).text;
      this.#edit(this.given);
    });
  }

  /** @param {string} text */
  #edit(text) {
    this.text = text;
    writing.text = this.isEdited ? text : null;
    this.draft = null;
    this.message = null;
    this.key = newKey();
  }

  #check() {
    return this.during(async () => {
      this.draft = await send('POST', `${this.path}/plan/text`, { text: this.text });
    });
  }

  #putInForce() {
    const plan = this.draft?.plan ?? null;
    if (plan === null) return Promise.resolve();
    return this.during(async () => {
      const now = (await get(`${this.path}/plan/text`)).text;
      if (now !== this.given) {
        this.say('refused', t('manager.plan_changed'));
        return;
      }
      const told = await send('PUT', `${this.path}/plan`, plan, this.key);
      this.given = (await get(`${this.path}/plan/text`)).text;
      this.#edit(this.given);
      this.say('said', this.#done(told.stranded ?? []));
      this.dispatchEvent(new Event('changed'));
    });
  }

  /** @param {{number: string}[]} stranded */
  #done(stranded) {
    if (stranded.length === 0) return t('manager.plan_in_force');
    return t('manager.plan_stranded', { numbers: stranded.map(({ number }) => number).join(t('base.list_comma')) });
  }

  /** @returns {HTMLTextAreaElement | null} */
  get #area() {
    return this.querySelector('textarea');
  }

  /** @param {number} line From 1. */
  #show(line) {
    const area = this.#area;
    if (area === null) return;
    const lines = this.text.split('\n');
    const start = lines.slice(0, line - 1).reduce((sum, each) => sum + each.length + 1, 0);
    area.focus();
    area.setSelectionRange(start, start + (lines[line - 1]?.length ?? 0));
    area.scrollTop = (area.scrollHeight / lines.length) * Math.max(0, line - 4);
    area.scrollLeft = 0;
  }

  /** @param {KeyboardEvent} event */
  #typed(event) {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      this.#check();
    }
    const area = this.#area;
    if (event.key !== 'Tab' || event.shiftKey || !event.ctrlKey || area === null) return;
    event.preventDefault();
    area.setRangeText(TAB, area.selectionStart, area.selectionEnd, 'end');
    this.#edit(area.value);
  }

  /** Line numbers move with the text. */
  #scrolled() {
    const numbers = this.querySelector('.line-numbers');
    if (numbers !== null && this.#area !== null) numbers.scrollTop = this.#area.scrollTop;
  }

  /** @override */
  render() {
    const { draft, busy } = this;
    const lines = this.text.split('\n');
    const faulty = new Set(draft?.faults.map(({ line }) => line));
    const ready = draft !== null && draft.plan !== null && draft.refusal === null;
    return html`<div class="plan">
      <section class="panel editor" aria-labelledby="plan-title">
        <header class="panel-head">
          <h2 id="plan-title">${t('manager.plan_title')}</h2>
          <p>${t('manager.plan_lead')}</p>
        </header>
        <div class="text">
          <pre class="line-numbers" aria-hidden="true">${lines.map(
            (_, index) => html`<span class=${faulty.has(index + 1) ? 'faulty' : ''}>${index + 1}</span>`,
          )}</pre>
          <textarea
            spellcheck="false"
            autocomplete="off"
            wrap="off"
            aria-label=${t('manager.plan_title')}
            aria-keyshortcuts="Control+Enter"
            .value=${this.text}
            @input=${(/** @type {Event} */ event) => {
              if (event.target instanceof HTMLTextAreaElement) this.#edit(event.target.value);
            }}
            @keydown=${(/** @type {KeyboardEvent} */ event) => this.#typed(event)}
            @scroll=${() => this.#scrolled()}
          ></textarea>
        </div>
        <div class="buttons">
          <button type="button" class="button quiet check" ?disabled=${busy} @click=${() => this.#check()}>
            ${t('manager.plan_check')} <kbd>Ctrl Enter</kbd>
          </button>
          <button
            type="button"
            class="button put ${draft !== null && draft.stranded.length > 0 ? 'danger' : ''}"
            ?disabled=${busy || !ready || !this.isEdited}
            @click=${() => this.#putInForce()}
          >
            ${draft !== null && draft.stranded.length > 0 ? t('manager.plan_put_still') : t('manager.plan_put')}
          </button>
          <button type="button" class="button ${this.sure ? 'danger' : 'quiet'} again" ?disabled=${busy} @click=${() => this.reload()}>
            ${this.sure ? t('manager.plan_load_sure') : t('manager.plan_load')}
          </button>
        </div>
      </section>
      <section class="panel outcome" aria-labelledby="outcome" aria-live="polite">
        <header class="panel-head"><h2 id="outcome">${t('manager.plan_outcome')}</h2></header>
        ${this.#outcome()}
      </section>
    </div>`;
  }

  #outcome() {
    const { draft, message } = this;
    if (message !== null) {
      const role = message.kind === 'refused' ? 'alert' : 'status';
      return html`<p class="verdict ${message.kind}" role=${role}>${message.text}</p>`;
    }
    if (draft === null) return html`<p class="verdict">${t('manager.plan_unchecked')}</p>`;
    if (draft.faults.length > 0) {
      return html`<p class="verdict refused" role="alert">
          ${t('manager.plan_faults', { count: draft.faults.length })}
        </p>
        ${this.#places(draft.faults)}`;
    }
    return html`
      ${draft.refusal === null
        ? html`<p class="verdict said" role="status">
            ${this.text === this.given ? t('manager.plan_same') : t('manager.plan_good')}
          </p>`
        : html`<p class="verdict refused" role="alert">${draft.refusal}</p>`}
      ${this.#stranded(draft)}
      ${draft.warnings.length === 0
        ? nothing
        : html`<h3>${t('manager.plan_warnings')}</h3>
            ${this.#places(draft.warnings)}`}
    `;
  }

  /** @param {PlanDraft} draft */
  #stranded({ stranded }) {
    const { plan } = this;
    if (stranded.length === 0 || plan === null) return html`<p>${t('manager.plan_nobody_stranded')}</p>`;
    return html`<h3>${t('manager.plan_would_strand', { count: stranded.length })}</h3>
      <ul class="stranded">
        ${stranded.map(
          ({ number, services }) => html`<li><strong class="number">${number}</strong> ${serviceNames(services, plan)}</li>`,
        )}
      </ul>`;
  }

  /** @param {PlanFault[]} faults */
  #places(faults) {
    return html`<ul class="faults">
      ${faults.map(
        ({ line, path, message }) => html`<li>
          ${line === null
            ? nothing
            : html`<button type="button" class="place" @click=${() => this.#show(line)}>
                ${t('manager.plan_line', { line })}
              </button>`}
          <span>${message} <code>${path}</code></span>
        </li>`,
      )}
    </ul>`;
  }
}

customElements.define('plan-editor', PlanEditor);
