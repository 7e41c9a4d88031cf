/**
 * The clerk's console: `/clerk/{hall}/{window}`. Who is here, who is next, and one key for each thing to do.
 *
 * The picture is a function of the console that the controller told last; a board says when to read it anew.
 */

import { html, nothing } from 'lit';
import { Unreachable, detailOf, isAway } from 'base/api.js';
import { DeskPage } from 'base/desk.js';
import { pathParts, startPage } from 'base/element.js';
import { clockText } from 'base/format.js';
import { t } from 'base/i18n.js';
import { icon } from 'base/icons.js';
import { signInFor } from 'base/session.js';
import DoorOpen from 'lucide/door-open.mjs';
import { actionOfKey, allowedActions, isKey, likelyAction } from './actions.js';
import { actionsPanel, awayPanel, currentPanel, heldPanel, queuePanel } from './panels.js';
import { Presses } from './press.js';
import { CASE_KEY } from './cases.js';
import { RECTIFICATIONS_KEY } from './rectifications.js';
import './dialogs.js';

/**
 * @typedef {import('./actions.js').Action} Action
 * @typedef {import('./actions.js').ConsoleForm} ConsoleForm
 * @typedef {import('./dialogs.js').Choice} Choice
 * @typedef {import('./panels.js').PlanForm} PlanForm
 * @typedef {import('./panels.js').Sight} Sight
 *
 * @typedef {'transfer' | 'away' | 'resume' | 'close' | 'help'} DialogName
 * @typedef {() => string} Said Asked for whenever it is drawn, so that it changes its language with the page.
 * @typedef {{kind: 'said' | 'refused', text: Said, hint?: Said}} Message
 */

const NAME_KEY = 'yichuang.clerk';
const CLERK = 'clerk';
const NAME_MAX = 40;
/** The parts of the page that a key leads to. */
const PARTS = /** @type {const} */ ([
  [CASE_KEY, 'case-panel'],
  [RECTIFICATIONS_KEY, 'own-rectifications'],
]);

/** @returns {string} who signed in at this computer last */
function rememberedName() {
  try {
    return localStorage.getItem(NAME_KEY) ?? '';
  } catch {
    return '';
  }
}

/** @param {string} name */
function rememberName(name) {
  try {
    localStorage.setItem(NAME_KEY, name);
  } catch (error) {
    console.info('The name cannot be remembered on this computer.', error);
  }
}

/**
 * The page.
 *
 * @extends {DeskPage<PlanForm, ConsoleForm>}
 */
class ClerkPage extends DeskPage {
  static properties = { form: { state: true }, dialog: { state: true }, message: { state: true } };

  constructor() {
    const parts = pathParts('/clerk/{hall}/{window}');
    const window = encodeURIComponent(parts['window'] ?? '');
    const hall = encodeURIComponent(parts['hall'] ?? '');
    const path = `/halls/${hall}/windows/${window}`;
    super({ hall: `/halls/${hall}`, state: path, display: `clerk-${window}` });
    this.hall = hall;
    this.window = window;
    /** @type {ConsoleForm | null} */
    this.form = null;
    /** @type {DialogName | null} */
    this.dialog = null;
    /** @type {Message | null} */
    this.message = null;
    this.presses = new Presses(path, () => this.requestUpdate());
  }

  /** @override */
  connectedCallback() {
    super.connectedCallback();
    addEventListener('keydown', (event) => this.#key(event));
  }

  /** @override */
  pageTitle() {
    return this.form === null ? t('clerk.title') : `${this.form.window.label} ${t('clerk.title')}`;
  }

  /** @override @param {ConsoleForm} form */
  take(form) {
    this.form = form;
    this.presses.settle();
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (this.form === null || this.querySelector('dialog[open]') !== null) return;
    for (const [letter, name] of PARTS) {
      if (!isKey(event, letter)) continue;
      event.preventDefault();
      /** @type {(HTMLElement & {enter: () => void}) | null} */ (this.querySelector(name))?.enter();
      return;
    }
    const action = actionOfKey(event, this.form.window);
    if (action === null) return;
    event.preventDefault();
    if (action === 'help') this.dialog = 'help';
    else this.#act(action);
  }

  /** @param {Action} action */
  #act(action) {
    const form = this.form;
    if (form === null || this.presses.busy !== null) return;
    if (!allowedActions(form).has(action)) {
      this.message = { kind: 'said', text: () => t('clerk.not_now', { action: t(`clerk.do_${action}`) }) };
    } else if (action === 'transfer' || action === 'away' || action === 'close') {
      this.dialog = action;
    } else if (action === 'resume' && form.held.length > 1) {
      this.dialog = 'resume';
    } else if (action === 'open') {
      this.#open();
    } else {
      this.#press(action, {});
    }
  }

  /** Open the window: a clerk under the own account's name, anybody else under the name in the field. */
  #open() {
    if (this.session?.role === CLERK && this.session.kind === 'account') {
      this.#press('open', {});
      return;
    }
    const field = this.querySelector('input[name="clerk"]');
    if (!(field instanceof HTMLInputElement)) return;
    const name = field.value.trim();
    if (name === '') {
      field.focus();
      return;
    }
    rememberName(name);
    this.#press('open', { clerk: name });
  }

  /** @param {Action} action @param {Record<string, unknown>} body */
  async #press(action, body) {
    if (this.presses.busy !== null) return;
    this.message = null;
    try {
      const window = await this.presses.press(action, body);
      if (this.form !== null) this.form = { ...this.form, window };
      this.message = this.#done(action, window);
    } catch (error) {
      if (signInFor(error)) return;
      const unknown = error instanceof Unreachable;
      const detail = detailOf(error);
      this.message = {
        kind: 'refused',
        text: () => (unknown ? t('clerk.no_answer') : detail),
        hint: () => (unknown ? t('clerk.no_answer_hint') : isAway(error) ? t('clerk.again_hint') : ''),
      };
    }
    await this.read();
  }

  /** @param {Action} action @param {import('./actions.js').WindowForm} window @returns {Message | null} */
  #done(action, window) {
    if (action === 'next' && window.ticket === null) return { kind: 'said', text: () => t('clerk.nobody') };
    return null;
  }

  /** @override */
  render() {
    const { form, plan } = this;
    if (form === null || plan === null) return this.preparing(t('clerk.preparing'));
    /** @type {Sight} */
    const sight = { form, plan, board: this.board, now_ms: this.clock.now_ms() };
    return html`
      ${this.staleBanner(this.connection)} ${this.#head(sight)} ${this.helpCalls()}
      <main class="console">
        <div class="work">
          ${this.#message()} ${this.#current(sight)}
          ${actionsPanel(form.window, this.#controls(form))}
        </div>
        <div class="sides">
          <case-panel
            .hall=${this.hall}
            .window=${this.window}
            .ticket=${form.window.stage === 'serving' ? form.window.ticket : null}
            .services=${form.current?.services ?? []}
            .plan=${plan}
          ></case-panel>
          ${queuePanel(sight)}
          ${heldPanel(sight, {
            may: this.presses.busy === null && allowedActions(form).has('resume'),
            resume: ({ ticket }) => this.#press('resume', { ticket }),
          })}
        </div>
      </main>
      ${this.#dialog(sight)}
    `;
  }

  /** @param {ConsoleForm} form @returns {import('./panels.js').Controls} */
  #controls(form) {
    return {
      allowed: allowedActions(form),
      likely: likelyAction(form.window),
      busy: this.presses.busy,
      act: (action) => this.#act(action),
    };
  }

  /** @param {Sight} sight */
  #head({ form, plan, now_ms }) {
    const { window } = form;
    return html`<header class="head">
      <h1>${window.label}</h1>
      <p class="status status-${window.status}">${t(`clerk.status_${window.status}`)}</p>
      <p class="who">${window.clerk ?? nothing}</p>
      <p class="hall">${plan.hall.name}</p>
      ${this.session?.role === CLERK
        ? html`<own-rectifications
            .path=${this.desk.hall}
            .zone=${plan.hall.timezone}
            .now_ms=${now_ms}
          ></own-rectifications>`
        : nothing}
      <time class="number">${clockText(new Date(now_ms), plan.hall.timezone)}</time>
      <button
        type="button"
        class="language"
        aria-label=${t('clerk.help_title')}
        @click=${() => {
          this.dialog = 'help';
        }}
      >
        ?
      </button>
      ${this.languageSwitch()} ${this.who(this.#notLeft)}
    </header>`;
  }

  #notLeft = (/** @type {unknown} */ error) => {
    if (signInFor(error)) return;
    const detail = detailOf(error);
    this.message = { kind: 'refused', text: () => detail };
  };

  #message() {
    const unread = /** @type {Message} */ ({ kind: 'refused', text: () => t('clerk.not_read'), hint: () => this.unread });
    const message = this.message ?? (this.unread === '' ? null : unread);
    return html`<div class="message" role=${message?.kind === 'refused' ? 'alert' : 'status'}>
      ${message === null
        ? nothing
        : html`<p class=${message.kind}><strong>${message.text()}</strong> <span>${message.hint?.() ?? nothing}</span></p>`}
    </div>`;
  }

  /** @param {Sight} sight */
  #current(sight) {
    if (sight.form.window.status === 'closed') return this.#signIn();
    return sight.form.window.status === 'away' ? awayPanel(sight) : currentPanel(sight);
  }

  #signIn() {
    const submit = (/** @type {SubmitEvent} */ event) => {
      event.preventDefault();
      this.#act('open');
    };
    return html`<form class="current sign-in" @submit=${submit}>
      <h2>${t('clerk.closed_now')}</h2>
      ${this.session?.role === CLERK && this.session.kind === 'account'
        ? html`<p>${this.session.name}</p>`
        : html`<label>
            ${t('clerk.your_name')}
            <input
              type="text"
              name="clerk"
              maxlength=${NAME_MAX}
              autocomplete="name"
              .value=${rememberedName()}
              required
            />
          </label>`}
      <button class="button large" ?disabled=${this.presses.busy !== null}>
        ${icon(DoorOpen)} ${t('clerk.do_open')} <kbd>Enter</kbd>
      </button>
    </form>`;
  }

  /** @param {Sight} sight */
  #dialog(sight) {
    const name = this.dialog;
    const left = () => {
      if (this.dialog === name) this.dialog = null;
    };
    const chosen = (/** @type {CustomEvent<Choice>} */ event) => {
      this.dialog = null;
      this.#press(event.detail.action, event.detail.body);
    };
    switch (name) {
      case 'transfer':
        return html`<transfer-dialog .sight=${sight} @left=${left} @chosen=${chosen}></transfer-dialog>`;
      case 'away':
        return html`<away-dialog .sight=${sight} @left=${left} @chosen=${chosen}></away-dialog>`;
      case 'resume':
        return html`<resume-dialog .sight=${sight} @left=${left} @chosen=${chosen}></resume-dialog>`;
      case 'close':
        return html`<close-dialog .sight=${sight} @left=${left} @chosen=${chosen}></close-dialog>`;
      case 'help':
        return html`<help-dialog .sight=${sight} @left=${left} @chosen=${chosen}></help-dialog>`;
      default:
        return nothing;
    }
  }
}

await startPage('clerk-page', ClerkPage);
