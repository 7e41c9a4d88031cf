/**
 * The cases of the ticket at the window, and any other case by its number: received, told what is missing, accepted,
 * completed. The controller decides; this only shows which steps it allows.
 */

import { html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { detailOf } from 'base/api.js';
import { PartElement } from 'base/element.js';
import { t } from 'base/i18n.js';
import { icon } from 'base/icons.js';
import { signInFor } from 'base/session.js';
import FolderOpen from 'lucide/folder-open.mjs';
import Printer from 'lucide/printer.mjs';
import Search from 'lucide/search.mjs';
import { Cases } from './case_api.js';
import { asks } from './case_dialog.js';

/**
 * @typedef {import('./case_api.js').CaseAction} CaseAction
 * @typedef {import('./case_api.js').CaseForm} CaseForm
 * @typedef {import('./case_api.js').CaseSlip} CaseSlip
 * @typedef {import('./case_dialog.js').Asking} Asking
 * @typedef {import('./case_dialog.js').CaseChoice} CaseChoice
 * @typedef {'receive' | 'notice' | 'accept' | 'supply' | 'complete' | 'call_output' | 'pick_up' | 'send' | 'deliver'
 *   | 'withdraw'} ActionKey
 * @typedef {{kind: 'said' | 'refused', text: string}} Message
 */

export const CASE_KEY = 'C';
const NUMBER_MAX = 20;

/** @param {CaseAction} action @returns {ActionKey} */
function keyOf(action) {
  return /** @type {ActionKey} */ (action.replace('-', '_'));
}

/** @param {unknown} error @returns {Message | null} nothing to read where the browser is on its way to sign in */
function told(error) {
  return signInFor(error) ? null : { kind: 'refused', text: detailOf(error) };
}

/** The panel. */
class CasePanel extends PartElement {
  static properties = {
    hall: {},
    window: {},
    ticket: {},
    services: { attribute: false },
    plan: { attribute: false },
    cases: { state: true },
    found: { state: true },
    asking: { state: true },
    message: { state: true },
    busy: { state: true },
  };

  constructor() {
    super();
    /** Encoded for an address, as `window` is. */
    this.hall = '';
    this.window = '';
    /** @type {string | null} */
    this.ticket = null;
    /** @type {readonly string[]} what the ticket is for */
    this.services = [];
    /** @type {import('./panels.js').PlanForm & {policies?: {deferred_materials?: boolean}} | null} */
    this.plan = null;
    /** @type {CaseForm[]} of the ticket */
    this.cases = [];
    /** @type {CaseForm | null} looked up by its number */
    this.found = null;
    /** @type {{form: CaseForm, action: Asking} | null} */
    this.asking = null;
    /** @type {Message | null} */
    this.message = null;
    this.busy = false;
    /** @type {Cases | null} */
    this.api = null;
  }

  /** @override */
  connectedCallback() {
    super.connectedCallback();
    this.api = new Cases(this.hall, this.window);
  }

  /** @override @param {import('lit').PropertyValues} changed */
  willUpdate(changed) {
    if (!changed.has('ticket')) return;
    this.cases = [];
    this.found = null;
    this.message = null;
    this.#load();
  }

  /** Move the keyboard to the first step that the case allows, or to the field for a number. */
  enter() {
    const first = this.querySelector('.case-step:enabled') ?? this.querySelector('input[name="case"]');
    if (first instanceof HTMLElement) first.focus();
  }

  async #load() {
    const ticket = this.ticket;
    const { cases, message } = await this.#read();
    if (this.ticket !== ticket) return;
    this.cases = cases;
    if (message !== null) this.message = message;
  }

  /** @returns {Promise<{cases: CaseForm[], message: Message | null}>} the ticket's cases, or those known and why */
  async #read() {
    if (this.ticket === null || this.api === null) return { cases: [], message: null };
    try {
      return { cases: await this.api.ofTicket(this.ticket), message: null };
    } catch (error) {
      return { cases: this.cases, message: told(error) };
    }
  }

  /**
   * Do something, show at once what came of it and what can follow, and keep the keyboard where it was.
   *
   * @param {(api: Cases) => Promise<CaseForm>} work
   * @param {((form: CaseForm) => string) | null} [said] What came of it, in words; `null`: it only looks, and the case
   *   found stays beside those of the ticket.
   */
  async #do(work, said = (form) => this.#said(form)) {
    const api = this.api;
    if (this.busy || api === null) return;
    const ticket = this.ticket;
    const place = document.activeElement;
    this.busy = true;
    this.message = null;
    let found = this.found;
    /** @type {Message | null} */
    let message = null;
    try {
      const form = await work(api);
      if (said !== null) message = { kind: 'said', text: said(form) };
      if (said === null || found?.case === form.case) found = form;
    } catch (error) {
      message = told(error);
      if (found !== null) found = await api.find(found.case).catch(() => found);
    }
    const read = await this.#read();
    this.busy = false;
    if (this.ticket !== ticket) return;
    this.cases = read.cases;
    this.found = found;
    this.message = message ?? read.message;
    await this.updateComplete;
    // Whoever has gone elsewhere meanwhile is not called back.
    if (document.activeElement === document.body || document.activeElement === place) this.enter();
  }

  /** @param {CaseForm} form */
  #said(form) {
    const state = t(`clerk.case_state_${form.state}`);
    if (form.number) return t('clerk.case_called', { number: form.number });
    return form.printed ? t('clerk.case_printed', { state }) : t('clerk.case_now', { state });
  }

  /** @param {CaseForm} form @param {CaseAction} action */
  #press(form, action) {
    const isPlain = action === 'call-output' && !this.#callsForResults();
    if (asks(action) && !isPlain) this.asking = { form, action };
    else this.#do((api) => api.step(form, action, {}));
  }

  /** @param {CaseForm} form @param {CaseSlip} slip */
  #print(form, slip) {
    this.#do(
      async (api) => {
        await api.print(form, slip);
        return form;
      },
      () => t('clerk.case_printing_again', { slip: t(`manager.paper_${slip}`) }),
    );
  }

  /** Whether the hall calls people by a ticket for their results. */
  #callsForResults() {
    /** @type {readonly (import('base/types.js').Service & {special?: string | null})[]} */
    const services = this.plan?.services ?? [];
    return services.some((service) => service.special === 'output');
  }

  /** @override */
  render() {
    const others = this.found === null || this.cases.some((each) => each.case === this.found?.case) ? [] : [this.found];
    return html`<section class="side cases" aria-label=${t('clerk.case_title')}>
      <h2>${icon(FolderOpen)} ${t('clerk.case_title')} <kbd>${CASE_KEY}</kbd></h2>
      ${repeat([...this.cases, ...others], (form) => form.case, (form) => this.#case(form))} ${this.#openings()}
      <div class="case-message" role=${this.message?.kind === 'refused' ? 'alert' : 'status'}>
        ${this.message === null ? nothing : html`<p class=${this.message.kind}>${this.message.text}</p>`}
      </div>
      ${this.#finder()} ${this.#dialog()}
    </section>`;
  }

  /** @param {CaseForm} form */
  #case(form) {
    const owed = form.deferred.filter((pledge) => pledge.supplied_at === null);
    const last = form.notices.at(-1);
    return html`<article class="case" data-case=${form.case}>
      <p class="case-head">
        <strong class="number">${form.case}</strong> <span class="case-state">${t(`clerk.case_state_${form.state}`)}</span>
        ${form.pace === null
          ? nothing
          : html`<span class="pace pace-${form.pace}">${t(`clerk.case_pace_${form.pace}`)}</span>`}
      </p>
      <p>${form.service_name}</p>
      ${form.state === 'notified' && last
        ? html`<p>${t('clerk.case_missing', { names: last.missing.join(t('base.list_comma')) })}</p>`
        : nothing}
      ${form.promised === null ? nothing : html`<p>${t('clerk.case_promised', { date: form.promised })}</p>`}
      ${owed.map(
        ({ material, due }) => html`<p class="hint">${t('clerk.case_owed', { name: material, date: due })}</p>`,
      )}
      ${form.first_asked === ''
        ? nothing
        : html`<p class="none">${t('clerk.case_first_asked', { name: form.first_asked })}</p>`}
      <div class="case-steps">
        ${form.actions.map((action) => {
          const label = t(`clerk.case_do_${keyOf(action)}`);
          return this.#button(label, action, () => this.#press(form, action));
        })}
      </div>
      ${form.slips.length === 0 ? nothing : this.#slips(form)}
    </article>`;
  }

  /** @param {CaseForm} form */
  #slips(form) {
    return html`<p class="case-slips">
      <span>${t('clerk.case_print_again')}</span>
      ${form.slips.map((slip) => {
        const name = t(`manager.paper_${slip}`);
        return html`<button
          type="button"
          class="case-slip"
          aria-label="${t('clerk.case_print_again')} ${name}"
          ?disabled=${this.busy}
          @click=${() => this.#print(form, slip)}
        >
          ${icon(Printer)} ${name}
        </button>`;
      })}
    </p>`;
  }

  /** One button for each matter of the ticket that has no case yet. */
  #openings() {
    const ticket = this.ticket;
    if (ticket === null) return nothing;
    const rest = this.services.filter((code) => !this.cases.some((each) => each.service === code));
    return rest.map((code) => {
      const name = this.plan?.services.find((service) => service.code === code)?.name ?? code;
      return html`<div class="case-steps">
        ${this.#button(t('clerk.case_open', { name }), 'open', () => this.#do((api) => api.open(code, ticket, true)))}
        ${this.#button(t('clerk.case_consult'), 'consult', () => this.#do((api) => api.open(code, ticket, false)))}
      </div>`;
    });
  }

  /** @param {string} label @param {string} action @param {() => void} press */
  #button(label, action, press) {
    return html`<button type="button" class="take case-step" data-step=${action} ?disabled=${this.busy} @click=${press}>
      ${label}
    </button>`;
  }

  #finder() {
    const submit = (/** @type {SubmitEvent} */ event) => {
      event.preventDefault();
      if (!(event.target instanceof HTMLFormElement)) return;
      const number = String(new FormData(event.target).get('case') ?? '').trim();
      if (number !== '') this.#do((api) => api.find(number), null);
    };
    return html`<form class="case-finder" @submit=${submit}>
      <label class="line">
        ${t('clerk.case_number')}
        <input type="text" name="case" maxlength=${NUMBER_MAX} autocomplete="off" inputmode="numeric" />
      </label>
      <button class="take" ?disabled=${this.busy}>${icon(Search)} ${t('clerk.case_find')}</button>
    </form>`;
  }

  #dialog() {
    const asking = this.asking;
    if (asking === null) return nothing;
    const chosen = (/** @type {CustomEvent<CaseChoice>} */ event) => {
      this.asking = null;
      this.#do((api) => api.step(asking.form, event.detail.action, event.detail.body));
    };
    const left = () => {
      if (this.asking === asking) this.asking = null;
    };
    return html`<case-dialog
      .form=${asking.form}
      .action=${asking.action}
      .defers=${this.plan?.policies?.deferred_materials === true}
      @chosen=${chosen}
      @left=${left}
    ></case-dialog>`;
  }
}

customElements.define('case-panel', CasePanel);
