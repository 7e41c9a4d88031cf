/** The register of lent aids (policy task 12): what there is, what is out and since when, and back again. */

import { html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { detailOf, get, newKey, send } from 'base/api.js';
import { PartElement } from 'base/element.js';
import { momentText } from 'base/format.js';
import { t } from 'base/i18n.js';
import { signInFor } from 'base/session.js';
import { sinceText } from './words.js';

/**
 * @typedef {{name: string, count: number, lent: number}} Aid
 * @typedef {{loan: string, aid: string, borrower: string, lent_at: string, returned_at: string | null}} Loan
 * @typedef {{aids: Aid[], loans: Loan[]}} Register
 */

const NAME_MAX = 40;
const COUNT_MAX = 1000;
/** What the policy names; a hall enters what it has. */
const USUAL = /** @type {const} */ (['glasses', 'hearing_aid', 'wheelchair', 'medicine_box', 'umbrella']);

/** `<aid-register>`: set `path`, `zone` and `now_ms`. */
class AidRegister extends PartElement {
  static properties = {
    path: { attribute: false },
    zone: { attribute: false },
    now_ms: { attribute: false },
    register: { state: true },
    trouble: { state: true },
    busy: { state: true },
  };

  constructor() {
    super();
    /** E.g. `/halls/demo`. */
    this.path = '';
    this.zone = '';
    this.now_ms = 0;
    /** @type {Register | null} */
    this.register = null;
    this.trouble = '';
    this.busy = false;
    /** The key of what is being asked: the same thing asked again after no answer happens once. */
    this.asked = { wish: '', key: '' };
  }

  /** @override */
  connectedCallback() {
    super.connectedCallback();
    this.#read();
  }

  async #read() {
    try {
      this.register = await get(`${this.path}/aids`);
    } catch (error) {
      if (!signInFor(error)) this.trouble = detailOf(error);
    }
  }

  /** @param {'POST' | 'PUT'} method @param {string} path @param {unknown} [body] @returns {Promise<boolean>} */
  async #do(method, path, body) {
    if (this.busy) return false;
    const wish = JSON.stringify([method, path, body]);
    if (this.asked.wish !== wish) this.asked = { wish, key: newKey() };
    this.busy = true;
    this.trouble = '';
    try {
      await send(method, `${this.path}/aids${path}`, body, this.asked.key);
      this.asked = { wish: '', key: '' };
      return true;
    } catch (error) {
      if (!signInFor(error)) this.trouble = detailOf(error);
      return false;
    } finally {
      this.busy = false;
      await this.#read();
    }
  }

  /** @param {SubmitEvent} event @param {(form: FormData) => Promise<boolean>} act */
  async #submitted(event, act) {
    event.preventDefault();
    const form = event.target;
    if (form instanceof HTMLFormElement && (await act(new FormData(form)))) form.reset();
  }

  /** @param {SubmitEvent} event */
  #stock(event) {
    return this.#submitted(event, (form) =>
      this.#do('PUT', `/${encodeURIComponent(String(form.get('name') ?? '').trim())}`, { count: Number(form.get('count')) }),
    );
  }

  /** @param {SubmitEvent} event @param {Aid} aid */
  #lend(event, aid) {
    return this.#submitted(event, (form) =>
      this.#do('POST', `/${encodeURIComponent(aid.name)}/loans`, { borrower: String(form.get('borrower') ?? '').trim() }),
    );
  }

  /** @override */
  render() {
    const { register, trouble } = this;
    return html`${trouble === '' ? nothing : html`<p class="alert" role="alert">${trouble}</p>`}
      ${register === null
        ? nothing
        : html`<div class="aids">
            ${this.#stockPanel(register)} ${this.#loansPanel(register)}
          </div>`}`;
  }

  /** @param {Register} register */
  #stockPanel({ aids }) {
    return html`<section class="panel" aria-labelledby="aids-title">
      <header class="panel-head">
        <h2 id="aids-title">${t('manager.aids_title')}</h2>
        <p>${t('manager.aids_lead')}</p>
      </header>
      ${aids.length === 0 ? html`<p class="nobody">${t('manager.aids_none')}</p>` : nothing}
      <ul class="stock">
        ${repeat(
          aids,
          ({ name }) => name,
          (aid) => html`<li data-aid=${aid.name}>
            <strong>${aid.name}</strong>
            <span>${t('manager.aids_left', { left: aid.count - aid.lent, count: aid.count })}</span>
            <form @submit=${(/** @type {SubmitEvent} */ event) => this.#lend(event, aid)}>
              <input
                name="borrower"
                required
                maxlength=${NAME_MAX}
                autocomplete="off"
                aria-label=${t('manager.aids_borrower', { aid: aid.name })}
                placeholder=${t('manager.aids_ticket')}
                ?disabled=${aid.lent >= aid.count}
              />
              <button class="press" ?disabled=${this.busy || aid.lent >= aid.count}>${t('manager.aids_lend')}</button>
            </form>
          </li>`,
        )}
      </ul>
      <form class="new-stock" @submit=${(/** @type {SubmitEvent} */ event) => this.#stock(event)}>
        <label>
          ${t('manager.aids_name')}
          <input name="name" list="usual-aids" required maxlength=${NAME_MAX} autocomplete="off" pattern="[^/]+" />
        </label>
        <datalist id="usual-aids">
          ${USUAL.map((name) => html`<option value=${t(`manager.aid_${name}`)}></option>`)}
        </datalist>
        <label>
          ${t('manager.aids_count')}
          <input name="count" type="number" min="0" max=${COUNT_MAX} step="1" required />
        </label>
        <button class="press" ?disabled=${this.busy}>${t('manager.aids_save')}</button>
      </form>
    </section>`;
  }

  /** @param {Register} register */
  #loansPanel({ loans }) {
    const out = loans.filter(({ returned_at }) => returned_at === null);
    const back = loans.filter(({ returned_at }) => returned_at !== null);
    return html`<section class="panel" aria-labelledby="loans-title">
      <header class="panel-head"><h2 id="loans-title">${t('manager.loans_out', { count: out.length })}</h2></header>
      ${out.length === 0 ? html`<p class="nobody">${t('manager.loans_none')}</p>` : nothing}
      <ul class="loans">
        ${repeat(
          out,
          ({ loan }) => loan,
          (loan) => html`<li data-loan=${loan.loan}>
            <strong>${loan.aid}</strong>
            <span>${loan.borrower}</span>
            <span>${this.#since(loan.lent_at)}</span>
            <button
              type="button"
              class="press"
              aria-label=${t('manager.loan_back_of', { aid: loan.aid, borrower: loan.borrower })}
              ?disabled=${this.busy}
              @click=${() => this.#do('POST', `/loans/${encodeURIComponent(loan.loan)}/return`)}
            >
              ${t('manager.loan_back')}
            </button>
          </li>`,
        )}
      </ul>
      ${back.length === 0 ? nothing : html`<h3>${t('manager.loans_back')}</h3>`}
      <ul class="loans back">
        ${back.map(
          ({ aid, borrower, returned_at }) => html`<li>
            <strong>${aid}</strong> <span>${borrower}</span>
            <span>${returned_at === null ? nothing : this.#moment(returned_at)}</span>
          </li>`,
        )}
      </ul>
    </section>`;
  }

  /** @param {string} at */
  #moment(at) {
    return momentText(at, this.zone, this.now_ms);
  }

  /** @param {string} at */
  #since(at) {
    return t('manager.loan_since', { time: this.#moment(at), passed: sinceText(at, this.now_ms) });
  }
}

customElements.define('aid-register', AidRegister);
