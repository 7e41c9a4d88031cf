/**
 * What a step of a case asks first: which materials are there, what comes later, where a parcel goes.
 *
 * Works by keyboard alone: digits tick, Enter confirms, Escape leaves the case as it is.
 */

import { html, nothing } from 'lit';
import { PartElement } from 'base/element.js';
import { t } from 'base/i18n.js';

/**
 * @typedef {import('./case_api.js').CaseAction} CaseAction
 * @typedef {import('./case_api.js').CaseForm} CaseForm
 * @typedef {{action: CaseAction, body: Record<string, unknown>}} CaseChoice
 */

const WORDS_MAX = 200;
const LIST_WORDS_MAX = 1000;

/** Steps that ask something first. */
export const ASKING = /** @type {const} */ (['notice', 'accept', 'supply', 'call-output', 'send', 'withdraw']);
/** @typedef {typeof ASKING[number]} Asking */

/** @param {CaseAction} action @returns {action is Asking} */
export function asks(action) {
  return ASKING.some((each) => each === action);
}

/** @param {CaseForm} form @returns {string[]} materials that may come later, not promised yet */
function secondary(form) {
  return form.materials.filter((material) => material.secondary).map(({ name }) => name);
}

/** @typedef {{value: string, label: string}} Option */

/** @param {string[]} names @returns {Option[]} options that are called what they are */
function plain(names) {
  return names.map((name) => ({ value: name, label: name }));
}

/** The dialog; tells `chosen` or `left`. */
class CaseDialog extends PartElement {
  static properties = { form: { attribute: false }, action: {}, defers: { type: Boolean }, complaint: { state: true } };

  constructor() {
    super();
    /** @type {CaseForm | null} */
    this.form = null;
    /** @type {Asking} */
    this.action = 'notice';
    /** Whether the hall accepts with secondary materials missing. */
    this.defers = false;
    this.complaint = '';
  }

  /** @override */
  firstUpdated() {
    this.querySelector('dialog')?.showModal();
    const first = this.querySelector('input, textarea') ?? this.querySelector('button:not([type="button"])');
    if (first instanceof HTMLElement) first.focus();
  }

  /** @override */
  render() {
    const form = this.form;
    if (form === null) return nothing;
    const title = t(this.action === 'call-output' ? 'clerk.case_do_call_output' : `clerk.case_do_${this.action}`);
    return html`<dialog
      aria-labelledby="case-dialog-title"
      @close=${() => this.dispatchEvent(new Event('left'))}
      @keydown=${(/** @type {KeyboardEvent} */ event) => this.#digit(event)}
    >
      <form method="dialog" @submit=${(/** @type {SubmitEvent} */ event) => this.#submit(event)}>
        <h2 id="case-dialog-title">${title} <span class="number">${form.case}</span></h2>
        ${this.#questions(form)}
        ${this.complaint === '' ? nothing : html`<p class="hint" role="alert">${this.complaint}</p>`}
        <div class="dialog-foot">
          <button type="button" class="button quiet" @click=${() => this.querySelector('dialog')?.close()}>
            ${t('clerk.leave')} <kbd>Esc</kbd>
          </button>
          <button class="button">${title} <kbd>Enter</kbd></button>
        </div>
      </form>
    </dialog>`;
  }

  /** @param {CaseForm} form */
  #questions(form) {
    switch (this.action) {
      case 'notice':
        return this.#noticeQuestions(form);
      case 'accept':
        return this.#acceptQuestions(form);
      case 'supply':
        return this.#ticks(
          'material',
          plain(form.deferred.filter((pledge) => pledge.supplied_at === null).map((pledge) => pledge.material)),
          t('clerk.case_supplied'),
          'radio',
        );
      case 'call-output':
        return this.#ticks(
          'call',
          [
            { value: 'yes', label: t('clerk.case_call_yes') },
            { value: 'no', label: t('clerk.case_call_no') },
          ],
          t('clerk.case_call_where'),
          'radio',
        );
      case 'send':
        return html`${this.#line('courier', t('clerk.case_courier'))}
        ${this.#line('tracking', t('clerk.case_tracking'))}`;
      case 'withdraw':
        return this.#line('reason', t('clerk.case_why_withdrawn'), { required: false });
    }
  }

  /** @param {CaseForm} form */
  #noticeQuestions(form) {
    const names = form.materials.map(({ name }) => name);
    return html`
      ${names.length > 0
        ? this.#ticks('present', plain(names), t('clerk.case_tick_present'), 'checkbox')
        : html`<label class="line">
            ${t('clerk.case_missing_words')}
            <textarea name="missing" rows="3" maxlength=${LIST_WORDS_MAX} required></textarea>
          </label>`}
      ${form.notices.length > 0 ? this.#line('reason', t('clerk.case_why_again')) : nothing}
    `;
  }

  /** @param {CaseForm} form */
  #acceptQuestions(form) {
    const later = this.defers ? secondary(form) : [];
    if (later.length === 0) return html`<p>${t('clerk.case_accept_all')}</p>`;
    return html`${this.#ticks('deferred', plain(later), t('clerk.case_tick_deferred'), 'checkbox')}
      <label class="line">${t('clerk.case_due')} <input type="date" name="due" /></label>`;
  }

  /** @param {string} name @param {Option[]} options @param {string} legend @param {'checkbox' | 'radio'} type */
  #ticks(name, options, legend, type) {
    return html`<fieldset>
      <legend>${legend}</legend>
      ${options.map(
        ({ value, label }, index) => html`<label class="option">
          <input
            type=${type}
            name=${name}
            value=${value}
            data-digit=${index < 9 ? index + 1 : ''}
            ?checked=${type === 'radio' && index === 0}
          />
          <span>${label}</span>${index < 9 ? html`<kbd>${index + 1}</kbd>` : nothing}
        </label>`,
      )}
    </fieldset>`;
  }

  /** @param {string} name @param {string} label @param {{required?: boolean}} [options] */
  #line(name, label, { required = true } = {}) {
    return html`<label class="line">
      ${label} <input type="text" name=${name} maxlength=${WORDS_MAX} autocomplete="off" ?required=${required} />
    </label>`;
  }

  /** @param {FormData} data @param {CaseForm} form @returns {Record<string, unknown> | string} or what is still to be said */
  #body(data, form) {
    const text = (/** @type {string} */ name) => String(data.get(name) ?? '').trim();
    switch (this.action) {
      case 'notice': {
        const names = form.materials.map(({ name }) => name);
        const present = data.getAll('present').map(String);
        const words = text('missing').split('\n').map((word) => word.trim());
        const missing = names.length > 0 ? names.filter((name) => !present.includes(name)) : words.filter(Boolean);
        if (missing.length === 0) return t('clerk.case_nothing_missing');
        return { missing, present, reason: text('reason') };
      }
      case 'accept': {
        const deferred = data.getAll('deferred').map(String);
        if (deferred.length === 0) return {};
        return text('due') === '' ? t('clerk.case_due_missing') : { deferred, due: text('due') };
      }
      case 'supply':
        return { material: text('material') };
      case 'call-output':
        return { call: text('call') === 'yes' };
      case 'send':
        return { courier: text('courier'), tracking: text('tracking') };
      case 'withdraw':
        return { reason: text('reason') };
    }
  }

  /** @param {SubmitEvent} event */
  #submit(event) {
    event.preventDefault();
    if (!(event.target instanceof HTMLFormElement) || this.form === null) return;
    const body = this.#body(new FormData(event.target), this.form);
    if (typeof body === 'string') {
      this.complaint = body;
      return;
    }
    this.dispatchEvent(new CustomEvent('chosen', { detail: { action: this.action, body } }));
  }

  /** @param {KeyboardEvent} event */
  #digit(event) {
    const target = event.target;
    if (target instanceof HTMLTextAreaElement) return;
    if (target instanceof HTMLInputElement && target.type !== 'checkbox' && target.type !== 'radio') return;
    const input = this.querySelector(`input[data-digit="${CSS.escape(event.key)}"]`);
    if (!(input instanceof HTMLInputElement)) return;
    event.preventDefault();
    input.checked = input.type === 'radio' || !input.checked;
    input.focus();
  }
}

customElements.define('case-dialog', CaseDialog);
