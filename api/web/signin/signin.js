/**
 * Signing in: name and password; a one-time password is changed before anything else. Then back to where one came from.
 *
 * `?next=` is the page to go to, `?change` asks for another password.
 */

import { html, nothing } from 'lit';
import { Problem, detailOf, get, send } from 'base/api.js';
import { PageElement, startPage } from 'base/element.js';
import { t } from 'base/i18n.js';
import { icon } from 'base/icons.js';
import { nextPage } from 'base/session.js';
import KeyRound from 'lucide/key-round.mjs';
import LogIn from 'lucide/log-in.mjs';

/** @typedef {import('base/session.js').Session} Session */

const NAME_CHARS_MAX = 64;
const PASSWORD_CHARS_MIN = 8;
const PASSWORD_CHARS_MAX = 128;

/** The page. */
class SigninPage extends PageElement {
  static properties = {
    session: { state: true },
    busy: { state: true },
    trouble: { state: true },
    asked: { state: true },
  };

  constructor() {
    super();
    const query = new URLSearchParams(location.search);
    this.next = nextPage(query.get('next'));
    this.wantsChange = query.has('change');
    /** @type {Session | null} */
    this.session = null;
    this.busy = false;
    this.trouble = '';
    /** Whether it is known if somebody is signed in already. */
    this.asked = false;
  }

  /** @override */
  connectedCallback() {
    super.connectedCallback();
    this.#start();
  }

  /** @override */
  pageTitle() {
    return t('signin.title');
  }

  async #start() {
    try {
      this.#arrive(await get('/session'));
    } catch (error) {
      if (!(error instanceof Problem && error.status === 401)) this.trouble = detailOf(error);
    }
    this.asked = true;
  }

  /** @param {Session} session */
  #arrive(session) {
    this.session = session;
    if (!session.must_change_password && !this.wantsChange) location.replace(this.next);
  }

  /** @override */
  updated() {
    if (this.asked && document.activeElement === document.body) this.#focus();
  }

  /** To the first field that a person fills in. */
  #focus() {
    const field = this.querySelector('input:not([readonly])');
    if (field instanceof HTMLInputElement) field.focus();
  }

  /**
   * @param {SubmitEvent} event
   * @param {(given: Record<string, string>) => Promise<void>} send_it
   */
  async #submit(event, send_it) {
    event.preventDefault();
    const form = event.target;
    if (this.busy || !(form instanceof HTMLFormElement)) return;
    this.busy = true;
    this.trouble = '';
    try {
      const given = Object.fromEntries(new FormData(form));
      await send_it(/** @type {Record<string, string>} */ (given));
    } catch (error) {
      this.trouble = detailOf(error);
      this.#focus();
    } finally {
      this.busy = false;
    }
  }

  /** @param {Record<string, string>} given */
  async #signIn({ name, password }) {
    this.#arrive(await send('POST', '/session', { name, password }));
  }

  /** @param {Record<string, string>} given */
  async #change({ current, chosen, repeated }) {
    if (chosen !== repeated) {
      this.trouble = t('signin.not_the_same');
      return;
    }
    await send('POST', '/session/password', { current, new: chosen });
    location.replace(this.next);
  }

  /** @override */
  render() {
    return html`
      <header class="head">
        <h1>${t('base.product')}</h1>
        ${this.languageSwitch()}
      </header>
      <main class="card">${this.asked ? this.#form() : html`<p role="status">${t('signin.preparing')}</p>`}</main>
    `;
  }

  #form() {
    return this.session === null ? this.#signInForm() : this.#passwordForm(this.session);
  }

  #signInForm() {
    return html`<form
      class="sign-in"
      @submit=${(/** @type {SubmitEvent} */ event) => this.#submit(event, (given) => this.#signIn(given))}
    >
      <h2>${t('signin.title')}</h2>
      ${this.#alert()}
      <label>
        ${t('signin.name')}
        <input name="name" maxlength=${NAME_CHARS_MAX} autocomplete="username" autocapitalize="none" required />
      </label>
      ${this.#password('password', t('signin.password'), 'current-password')}
      <button class="button large" ?disabled=${this.busy}>${icon(LogIn)} ${t('signin.sign_in')}</button>
      <p class="aside">${t('signin.forgotten')}</p>
    </form>`;
  }

  /** @param {Session} session */
  #passwordForm(session) {
    return html`<form
      class="change"
      @submit=${(/** @type {SubmitEvent} */ event) => this.#submit(event, (given) => this.#change(given))}
    >
      <h2>${t('signin.choose', { name: session.name })}</h2>
      <p>${session.must_change_password ? t('signin.must_change') : t('signin.may_change')}</p>
      ${this.#alert()}
      <input class="unseen" name="name" autocomplete="username" .value=${session.name} tabindex="-1" readonly />
      ${this.#password('current', t('signin.current'), 'current-password')}
      ${this.#password('chosen', t('signin.new'), 'new-password', PASSWORD_CHARS_MIN)}
      ${this.#password('repeated', t('signin.repeat'), 'new-password', PASSWORD_CHARS_MIN)}
      <button class="button large" ?disabled=${this.busy}>${icon(KeyRound)} ${t('signin.save')}</button>
      ${session.must_change_password ? nothing : html`<a href=${this.next}>${t('signin.back')}</a>`}
    </form>`;
  }

  #alert() {
    return html`<div class="message" role="alert">
      ${this.trouble === '' ? nothing : html`<p class="alert">${this.trouble}</p>`}
    </div>`;
  }

  /**
   * @param {string} name
   * @param {string} label
   * @param {'current-password' | 'new-password'} kind
   * @param {number} [least]
   */
  #password(name, label, kind, least = 1) {
    return html`<label>
      ${label}
      <input
        type="password"
        name=${name}
        minlength=${least}
        maxlength=${PASSWORD_CHARS_MAX}
        autocomplete=${kind}
        required
      />
    </label>`;
  }
}

await startPage('signin-page', SigninPage);
