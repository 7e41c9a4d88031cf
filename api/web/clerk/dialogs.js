/**
 * The questions that some actions ask first. Each is a modal dialog that works by keyboard alone: digits choose, Enter
 * confirms, Escape leaves everything as it is.
 */

import { html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { PartElement } from 'base/element.js';
import { t } from 'base/i18n.js';
import { KEYS, TICKET_ACTIONS } from './actions.js';
import { CASE_KEY } from './cases.js';
import { serviceNames } from './panels.js';
import { RECTIFICATIONS_KEY } from './rectifications.js';

/**
 * @typedef {import('./panels.js').Sight} Sight
 * @typedef {import('base/types.js').WindowForm} WindowForm
 *
 * @typedef {object} Choice What a dialog was answered with.
 * @property {import('./actions.js').Action} action
 * @property {Record<string, unknown>} body
 */

/** What a clerk is away for, as people read it on the screens. */
const REASONS = /** @type {const} */ (['meal', 'meeting', 'papers', 'short']);
const AWAY_MINUTES = [10, 30, 60];
const REASON_MAX = 40;
const NOTE_MAX = 200;

/** Frame of all dialogs: modal while it is in the page; tells `chosen` or `left`. */
class ConsoleDialog extends PartElement {
  static properties = { sight: { attribute: false }, complaint: { state: true } };

  constructor() {
    super();
    /** @type {Sight | null} */
    this.sight = null;
    /** What is still to be chosen. */
    this.complaint = '';
    /** Whether there is nothing to choose: Enter is for the button then. */
    this.plain = false;
  }

  /** @override */
  firstUpdated() {
    this.querySelector('dialog')?.showModal();
  }

  /** @override */
  render() {
    if (this.sight === null) return nothing;
    return html`<dialog
      aria-labelledby="dialog-title"
      @close=${() => this.dispatchEvent(new Event('left'))}
      @keydown=${(/** @type {KeyboardEvent} */ event) => this.#digit(event)}
    >
      <form method="dialog" @submit=${(/** @type {SubmitEvent} */ event) => this.#submit(event)}>
        <h2 id="dialog-title">${this.heading()}</h2>
        ${this.questions(this.sight)}
        ${this.complaint === '' ? nothing : html`<p class="hint" role="alert">${this.complaint}</p>`}
        <div class="dialog-foot">
          <button type="button" class="button quiet" @click=${() => this.querySelector('dialog')?.close()}>
            ${t('clerk.leave')} <kbd>Esc</kbd>
          </button>
          ${this.confirm()}
        </div>
      </form>
    </dialog>`;
  }

  /** @returns {string} */
  heading() {
    return '';
  }

  /** @returns {unknown} the button that carries the action out */
  confirm() {
    return html`<button class="button" ?autofocus=${this.plain}>${this.heading()} <kbd>Enter</kbd></button>`;
  }

  /** @param {Sight} _sight @returns {unknown} */
  questions(_sight) {
    return nothing;
  }

  /** @param {FormData} _form @returns {Choice | string} what is still to be chosen, where it is no choice yet */
  choice(_form) {
    return '';
  }

  /** @param {SubmitEvent} event */
  #submit(event) {
    event.preventDefault();
    if (!(event.target instanceof HTMLFormElement)) return;
    const choice = this.choice(new FormData(event.target));
    if (typeof choice === 'string') {
      this.complaint = choice;
      return;
    }
    this.dispatchEvent(new CustomEvent('chosen', { detail: choice }));
  }

  /** @param {KeyboardEvent} event */
  #digit(event) {
    if (event.target instanceof HTMLInputElement && event.target.type === 'text') return;
    const input = this.querySelector(`input[data-digit="${CSS.escape(event.key)}"]`);
    if (!(input instanceof HTMLInputElement)) return;
    event.preventDefault();
    input.checked = true;
    input.focus();
    input.dispatchEvent(new Event('change', { bubbles: true }));
  }
}

/**
 * @param {string} name
 * @param {string} value
 * @param {unknown} label
 * @param {{digit?: number, checked?: boolean}} [options]
 */
function radio(name, value, label, { digit, checked = false } = {}) {
  const shown = digit !== undefined && digit <= 9 ? digit : undefined;
  return html`<label class="option">
    <input type="radio" name=${name} value=${value} data-digit=${shown ?? ''} ?checked=${checked} />
    <span>${label}</span>${shown === undefined ? nothing : html`<kbd>${shown}</kbd>`}
  </label>`;
}

/** @param {Sight} sight @returns {WindowForm[]} the other windows where somebody works */
function others({ board, form }) {
  return (board?.windows ?? []).filter((each) => each.window !== form.window.window && each.status !== 'closed');
}

/** Send the ticket on: to another window, or for another matter. */
class TransferDialog extends ConsoleDialog {
  static properties = { ...ConsoleDialog.properties, wanted: { state: true }, service: { state: true } };

  constructor() {
    super();
    /** What the list of services is narrowed by. */
    this.wanted = '';
    /** The service chosen: it stays in the list however that is narrowed. */
    this.service = '';
  }

  /** @override */
  heading() {
    return t('clerk.transfer_title', { number: this.sight?.form.window.number ?? '' });
  }

  /** @override @param {Sight} sight */
  questions(sight) {
    const windows = others(sight);
    const now = sight.form.current?.services ?? [];
    const services = sight.plan.services.filter(
      ({ code, name, department }) =>
        code === this.service || (!now.includes(code) && `${name}${department}`.includes(this.wanted.trim())),
    );
    const choose = (/** @type {Event} */ event) => {
      if (event.target instanceof HTMLInputElement) this.service = event.target.value;
    };
    return html`
      <fieldset>
        <legend>${t('clerk.transfer_window')}</legend>
        ${radio('window', '', t('clerk.transfer_any_window'), { digit: 0, checked: true })}
        ${repeat(
          windows,
          ({ window }) => window,
          (window, index) => radio('window', window.window, windowText(window), { digit: index + 1 }),
        )}
      </fieldset>
      <fieldset>
        <legend>${t('clerk.transfer_service')}</legend>
        <input
          type="text"
          class="narrow"
          aria-label=${t('clerk.transfer_find')}
          placeholder=${t('clerk.transfer_find')}
          .value=${this.wanted}
          @input=${(/** @type {InputEvent} */ event) => {
            this.wanted = event.target instanceof HTMLInputElement ? event.target.value : '';
          }}
        />
        <div class="options" @change=${choose}>
          ${radio('service', '', t('clerk.transfer_same', { services: serviceNames(now, sight.plan) }), { checked: true })}
          ${repeat(
            services,
            ({ code }) => code,
            ({ code, name, department }) => radio('service', code, html`${name} <small>${department}</small>`),
          )}
        </div>
      </fieldset>
      <label class="line">
        ${t('clerk.transfer_note')} <input type="text" name="note" maxlength=${NOTE_MAX} autocomplete="off" />
      </label>
    `;
  }

  /** @override @param {FormData} form */
  choice(form) {
    const window = String(form.get('window') ?? '');
    const service = String(form.get('service') ?? '');
    const note = String(form.get('note') ?? '').trim();
    if (window === '' && service === '') return t('clerk.transfer_choose');
    return {
      action: /** @type {const} */ ('transfer'),
      body: {
        ...(window === '' ? {} : { window }),
        ...(service === '' ? {} : { services: [service] }),
        ...(note === '' ? {} : { note }),
      },
    };
  }
}

/** @param {WindowForm} window */
function windowText(window) {
  return html`${window.label} <small
      >${window.status === 'away' ? t('clerk.status_away') : (window.clerk ?? t('clerk.status_open'))}</small
    >`;
}

/** Step away: why, who stands in, until when. */
class AwayDialog extends ConsoleDialog {
  /** @override */
  heading() {
    return t('clerk.away_title');
  }

  /** @override @param {Sight} sight */
  questions(sight) {
    const windows = others(sight).filter((window) => window.status === 'open');
    return html`
      <fieldset>
        <legend>${t('clerk.away_reason')}</legend>
        ${REASONS.map((reason, index) => {
          const text = t(`clerk.reason_${reason}`);
          return radio('reason', text, text, { digit: index + 1, checked: index === 0 });
        })}
        <label class="line">
          ${t('clerk.away_other')} <input type="text" name="other" maxlength=${REASON_MAX} autocomplete="off" />
        </label>
      </fieldset>
      <fieldset>
        <legend>${t('clerk.away_substitute')}</legend>
        ${radio('substitute', '', t('clerk.away_nobody'), { checked: true })}
        ${repeat(
          windows,
          ({ window }) => window,
          (window) => radio('substitute', window.window, windowText(window)),
        )}
      </fieldset>
      <fieldset>
        <legend>${t('clerk.away_back_in')}</legend>
        ${radio('minutes', '', t('clerk.away_open_end'), { checked: true })}
        ${AWAY_MINUTES.map((minutes) => radio('minutes', String(minutes), t('clerk.minutes', { minutes })))}
      </fieldset>
    `;
  }

  /** @override @param {FormData} form */
  choice(form) {
    const reason = String(form.get('other') ?? '').trim() || String(form.get('reason') ?? '');
    const substitute = String(form.get('substitute') ?? '');
    const minutes = Number(form.get('minutes') ?? 0);
    const until_ms = (this.sight?.now_ms ?? Date.now()) + minutes * 60000;
    return {
      action: /** @type {const} */ ('away'),
      body: {
        reason,
        ...(substitute === '' ? {} : { substitute }),
        ...(minutes > 0 ? { until: new Date(until_ms).toISOString() } : {}),
      },
    };
  }
}

/** Which of the tickets set aside to go on with. */
class ResumeDialog extends ConsoleDialog {
  /** @override */
  heading() {
    return t('clerk.resume_title');
  }

  /** @override @param {Sight} sight */
  questions({ form, plan }) {
    return html`<fieldset>
      <legend>${t('clerk.held')}</legend>
      ${repeat(
        form.held,
        ({ ticket }) => ticket,
        ({ ticket, number, services }, index) => {
          const text = html`<strong class="number">${number}</strong> ${serviceNames(services, plan)}`;
          return radio('ticket', ticket, text, { digit: index + 1, checked: index === 0 });
        },
      )}
    </fieldset>`;
  }

  /** @override @param {FormData} form */
  choice(form) {
    const ticket = String(form.get('ticket') ?? '');
    return ticket === '' ? t('clerk.resume_title') : { action: /** @type {const} */ ('resume'), body: { ticket } };
  }
}

/** Close the window for today: a slip of the finger must not do it. */
class CloseDialog extends ConsoleDialog {
  constructor() {
    super();
    this.plain = true;
  }

  /** @override */
  heading() {
    return t('clerk.close_title');
  }

  /** @override @param {Sight} sight */
  questions({ form }) {
    return html`<p>${t('clerk.close_text', { label: form.window.label })}</p>
      ${form.held.length > 0
        ? html`<p class="hint">${t('clerk.close_held', { numbers: form.held.map(({ number }) => number).join(' ') })}</p>`
        : nothing}`;
  }

  /** @override */
  choice() {
    return { action: /** @type {const} */ ('close'), body: {} };
  }
}

/** All keys at a glance. */
class HelpDialog extends ConsoleDialog {
  /** @override */
  heading() {
    return t('clerk.help_title');
  }

  /** @override */
  confirm() {
    return nothing;
  }

  /** @override */
  questions() {
    const actions = /** @type {const} */ ([...TICKET_ACTIONS, 'away', 'back', 'open', 'close']);
    return html`<p>${t('clerk.help_text')}</p>
      <dl class="keys">
        ${actions.map(
          (action) => html`<div>
            <dt>${KEYS[action]}${action === 'next' ? ' / F2' : ''}</dt>
            <dd><strong>${t(`clerk.do_${action}`)}</strong> ${t(`clerk.help_${action}`)}</dd>
          </div>`,
        )}
        <div>
          <dt>${CASE_KEY}</dt>
          <dd><strong>${t('clerk.do_cases')}</strong> ${t('clerk.help_cases')}</dd>
        </div>
        <div>
          <dt>${RECTIFICATIONS_KEY}</dt>
          <dd><strong>${t('clerk.do_rectify')}</strong> ${t('clerk.help_rectify')}</dd>
        </div>
      </dl>`;
  }
}

customElements.define('transfer-dialog', TransferDialog);
customElements.define('away-dialog', AwayDialog);
customElements.define('resume-dialog', ResumeDialog);
customElements.define('close-dialog', CloseDialog);
customElements.define('help-dialog', HelpDialog);

export { AwayDialog, CloseDialog, ConsoleDialog };
