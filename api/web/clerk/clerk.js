/**
 * The clerk's console: `/clerk/{hall}/{window}`. Who is here, who is next, and one key for each thing to do.
 *
 * The picture is a function of the console that the controller told last; a board says when to read it anew.
 */

import { html, nothing } from 'lit';
import { Unreachable, detailOf, get, getPatiently, isAway } from 'base/api.js';
import { HallClock, everySecond } from 'base/clock.js';
import { PageElement, pathParts, startPage } from 'base/element.js';
import { clockText } from 'base/format.js';
import { t } from 'base/i18n.js';
import { signInFor, signedIn } from 'base/session.js';
import { LiveSocket } from 'base/socket.js';
import { actionOfKey, allowedActions, isCaseKey, likelyAction } from './actions.js';
import { actionsPanel, awayPanel, currentPanel, heldPanel, queuePanel } from './panels.js';
import { Presses } from './press.js';
import './cases.js';
import './dialogs.js';

/**
 * @typedef {import('./actions.js').Action} Action
 * @typedef {import('./actions.js').ConsoleForm} ConsoleForm
 * @typedef {import('./dialogs.js').Choice} Choice
 * @typedef {import('./panels.js').PlanForm} PlanForm
 * @typedef {import('./panels.js').Sight} Sight
 * @typedef {import('base/types.js').Board} Board
 * @typedef {import('base/session.js').Session} Session
 * @typedef {import('base/socket.js').Connection} Connection
 *
 * @typedef {'transfer' | 'away' | 'resume' | 'close' | 'help'} DialogName
 * @typedef {{kind: 'said' | 'refused', text: string, hint: string}} Message
 */

const NAME_KEY = 'yichuang.clerk';
const CLERK = 'clerk';
const NAME_MAX = 40;
/** Pause before the window's state is asked for again after all tries of a read were in vain. */
const READ_AGAIN_MS = 3000;

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

/** The page. */
class ClerkPage extends PageElement {
  static properties = {
    session: { state: true },
    plan: { state: true },
    form: { state: true },
    board: { state: true },
    connection: { state: true },
    dialog: { state: true },
    message: { state: true },
    trouble: { state: true },
    unread: { state: true },
  };

  constructor() {
    super();
    const parts = pathParts('/clerk/{hall}/{window}');
    this.hall = encodeURIComponent(parts['hall'] ?? '');
    this.window = encodeURIComponent(parts['window'] ?? '');
    this.path = `/halls/${this.hall}/windows/${this.window}`;
    /** @type {Session | null} */
    this.session = null;
    /** @type {PlanForm | null} */
    this.plan = null;
    /** @type {ConsoleForm | null} */
    this.form = null;
    /** @type {Board | null} */
    this.board = null;
    /** @type {Connection} */
    this.connection = 'connecting';
    /** @type {DialogName | null} */
    this.dialog = null;
    /** @type {Message | null} */
    this.message = null;
    /** Why there is nothing to show. */
    this.trouble = '';
    /** Why the window's state could not be read again. */
    this.unread = '';
    this.clock = new HallClock();
    this.presses = new Presses(this.path, () => this.requestUpdate());
    this.reading = false;
    this.newer = false;
  }

  /** @override */
  connectedCallback() {
    super.connectedCallback();
    addEventListener('keydown', (event) => this.#key(event));
    everySecond(this.clock, () => this.requestUpdate());
    this.#start();
  }

  /** @override */
  pageTitle() {
    return this.form === null ? t('clerk.title') : `${this.form.window.label} ${t('clerk.title')}`;
  }

  async #start() {
    const tell = (/** @type {{detail: string}} */ error) => {
      this.trouble = error.detail;
    };
    try {
      this.session = await getPatiently('/session', tell);
      this.plan = await getPatiently(`/halls/${this.hall}/plan`, tell);
      this.#take(await getPatiently(this.path, tell));
    } catch (error) {
      if (!signInFor(error)) this.trouble = detailOf(error);
      return;
    }
    this.trouble = '';
    document.title = this.pageTitle();
    const listeners = {
      board: (/** @type {Board} */ board) => {
        this.board = board;
        this.clock.observe(board.at);
        this.#read();
      },
      connection: (/** @type {Connection} */ connection) => {
        if (connection === 'live' && this.connection === 'stale') this.#readPlan();
        this.connection = connection;
      },
    };
    new LiveSocket(`/ws/v1/halls/${this.hall}/boards/clerk-${this.window}`, listeners, { reportsShown: false }).open();
  }

  /** @param {ConsoleForm} form */
  #take(form) {
    if (form.at !== undefined) this.clock.observe(form.at);
    this.form = form;
    this.unread = '';
    this.presses.settle();
  }

  /** Read the window's state; news that arrive meanwhile are read once more after it. */
  async #read() {
    this.newer = true;
    if (this.reading) return;
    this.reading = true;
    try {
      while (this.newer) {
        this.newer = false;
        this.#take(await get(this.path));
      }
    } catch (error) {
      if (signInFor(error)) return;
      this.unread = detailOf(error);
      if (isAway(error)) setTimeout(() => this.#read(), READ_AGAIN_MS);
    } finally {
      this.reading = false;
    }
  }

  async #readPlan() {
    try {
      this.plan = await get(`/halls/${this.hall}/plan`);
    } catch (error) {
      console.info('The plan stays as it was last read.', detailOf(error));
    }
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (this.form === null || this.querySelector('dialog[open]') !== null) return;
    if (isCaseKey(event)) {
      event.preventDefault();
      /** @type {(HTMLElement & {enter: () => void}) | null} */ (this.querySelector('case-panel'))?.enter();
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
      this.message = { kind: 'said', text: t('clerk.not_now', { action: t(`clerk.do_${action}`) }), hint: '' };
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
      this.message = {
        kind: 'refused',
        text: unknown ? t('clerk.no_answer') : detailOf(error),
        hint: unknown ? t('clerk.no_answer_hint') : isAway(error) ? t('clerk.again_hint') : '',
      };
    }
    await this.#read();
  }

  /** @param {Action} action @param {import('./actions.js').WindowForm} window @returns {Message | null} */
  #done(action, window) {
    if (action === 'next' && window.ticket === null) return { kind: 'said', text: t('clerk.nobody'), hint: '' };
    return null;
  }

  /** @override */
  render() {
    const { form, plan } = this;
    if (form === null || plan === null) {
      return html`<main class="preparing" role="status">
        <h1>${this.trouble === '' ? t('clerk.preparing') : this.trouble}</h1>
        ${this.languageSwitch()} ${this.session === null ? nothing : signedIn(this.session, this.#notLeft)}
      </main>`;
    }
    /** @type {Sight} */
    const sight = { form, plan, board: this.board, now_ms: this.clock.now_ms() };
    return html`
      ${this.staleBanner(this.connection)} ${this.#head(sight)}
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
      ${this.languageSwitch()}
      ${this.session === null ? nothing : signedIn(this.session, this.#notLeft)}
    </header>`;
  }

  #notLeft = (/** @type {unknown} */ error) => {
    this.message = { kind: 'refused', text: detailOf(error), hint: '' };
    if (this.form === null) this.trouble = detailOf(error);
  };

  #message() {
    const unread = /** @type {Message} */ ({ kind: 'refused', text: t('clerk.not_read'), hint: this.unread });
    const message = this.message ?? (this.unread === '' ? null : unread);
    return html`<div class="message" role=${message?.kind === 'refused' ? 'alert' : 'status'}>
      ${message === null
        ? nothing
        : html`<p class=${message.kind}><strong>${message.text}</strong> <span>${message.hint}</span></p>`}
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
        ${t('clerk.do_open')} <kbd>Enter</kbd>
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
