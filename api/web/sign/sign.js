/**
 * The sign at a window (公示牌): `/sign/{hall}/{window}`. Who is on duty at which post, what is done here, whom to call;
 * away with reason and substitute; and a code for a review, which stays the same. Nobody touches it.
 *
 * What it shows is a function of what the controller told last; a board says when to read it anew.
 */

import { html, nothing } from 'lit';
import { detailOf, getPatiently } from 'base/api.js';
import { PageElement, pathParts, startPage } from 'base/element.js';
import { clockText } from 'base/format.js';
import { t } from 'base/i18n.js';
import { icon } from 'base/icons.js';
import { LiveSocket } from 'base/socket.js';
import UserRound from 'lucide/user-round.mjs';

/**
 * @typedef {import('base/types.js').WindowStatus} WindowStatus
 * @typedef {import('base/socket.js').Connection} Connection
 *
 * @typedef {object} SignForm What the sign shows now.
 * @property {string} hall_name
 * @property {string} timezone
 * @property {string} label
 * @property {WindowStatus} status
 * @property {string | null} post
 * @property {'a' | 'b' | null} role
 * @property {string | null} clerk
 * @property {string[]} services
 * @property {string | null} notice
 * @property {string | null} until
 * @property {string | null} substitute The label of the window that stands in.
 * @property {string | null} supervision_phone
 * @property {string | null} photo
 */

/** Services that are named across and upright; a sign with more says how many others there are. */
const SERVICES_MAX = { across: 12, upright: 24 };
const UPRIGHT = matchMedia('(orientation: portrait)');

/** The page. */
class SignPage extends PageElement {
  static properties = { sign: { state: true }, connection: { state: true }, trouble: { state: true } };

  constructor() {
    super();
    this.remembersLanguage = false;
    const parts = pathParts('/sign/{hall}/{window}');
    this.hall = encodeURIComponent(parts['hall'] ?? '');
    this.window = encodeURIComponent(parts['window'] ?? '');
    this.path = `/halls/${this.hall}/signs/${this.window}`;
    /** @type {SignForm | null} */
    this.sign = null;
    /** @type {Connection} */
    this.connection = 'connecting';
    this.trouble = '';
    this.reading = false;
    this.newer = false;
  }

  /** @override */
  connectedCallback() {
    super.connectedCallback();
    this.#start();
  }

  /** @override */
  pageTitle() {
    return this.sign === null ? t('sign.title') : `${this.sign.label} ${t('sign.title')}`;
  }

  async #start() {
    UPRIGHT.addEventListener('change', () => this.requestUpdate());
    if (!(await this.#read())) return;
    document.title = this.pageTitle();
    const listeners = {
      board: () => {
        this.#read();
      },
      connection: (/** @type {Connection} */ connection) => {
        this.connection = connection;
      },
    };
    const display = `sign-${this.window}`;
    new LiveSocket(`/ws/v1/halls/${this.hall}/boards/${display}`, listeners, { reportsShown: false }).open();
  }

  /** Read the sign, for as long as it takes; news that arrive meanwhile are read once more. @returns {Promise<boolean>} */
  async #read() {
    this.newer = true;
    if (this.reading) return true;
    this.reading = true;
    try {
      while (this.newer) {
        this.newer = false;
        this.sign = await getPatiently(this.path, (error) => {
          this.trouble = error.detail;
        });
      }
      this.trouble = '';
      return true;
    } catch (error) {
      this.trouble = detailOf(error);
      this.sign = null;
      return false;
    } finally {
      this.reading = false;
    }
  }

  /** @override */
  render() {
    const { sign } = this;
    if (sign === null) {
      return html`<main class="preparing">
        <div role="status"><h1>${this.trouble === '' ? t('sign.preparing') : this.trouble}</h1></div>
      </main>`;
    }
    return html`
      ${this.staleBanner(this.connection)}
      <header class="head head-${sign.status}">
        <h1>${sign.label}</h1>
        <p class="status">${t(`sign.status_${sign.status}`)}</p>
      </header>
      <main class="sign">
        ${clerk(sign)} ${sign.status === 'away' ? away(sign) : work(sign)}
      </main>
      <footer class="foot">
        <img class="code" src="/api/v1${this.path}/review.svg" alt=${t('sign.review_code')} />
        <div>
          <p class="review">${t('sign.review')}</p>
          ${sign.supervision_phone === null
            ? nothing
            : html`<p class="phone">
                ${t('sign.phone')} <strong class="number">${sign.supervision_phone}</strong>
              </p>`}
        </div>
        <p class="hall">${sign.hall_name}</p>
      </footer>
    `;
  }
}

/** @param {SignForm} sign */
function clerk({ clerk: name, photo, post, role, status }) {
  return html`<section class="clerk" aria-label=${t('sign.on_duty')}>
    <div class="photo">
      ${photo === null || status === 'closed'
        ? icon(UserRound)
        : html`<img src=${photo} alt=${t('sign.photo_of', { name: name ?? '' })} />`}
    </div>
    <p class="name">${status === 'closed' || name === null ? t('sign.nobody') : name}</p>
    ${post === null
      ? nothing
      : html`<p class="post">${post} ${role === null ? nothing : html`<span class="role">${t(`sign.role_${role}`)}</span>`}</p>`}
  </section>`;
}

/** @param {SignForm} sign */
function away({ notice, until, substitute, timezone }) {
  return html`<section class="away" role="status">
    <h2>${notice}</h2>
    ${until === null ? nothing : html`<p>${t('sign.until', { time: clockText(until, timezone) })}</p>`}
    <p class="go">${substitute === null ? t('sign.ask') : t('sign.go', { window: substitute })}</p>
  </section>`;
}

/** @param {SignForm} sign */
function work({ services }) {
  const most = UPRIGHT.matches ? SERVICES_MAX.upright : SERVICES_MAX.across;
  const more = services.length - most;
  return html`<section class="work" aria-labelledby="work">
    <h2 id="work">${t('sign.work')}</h2>
    <ul>
      ${services.slice(0, most).map((name) => html`<li>${name}</li>`)}
      ${more > 0 ? html`<li class="more">${t('sign.more', { count: more })}</li>` : nothing}
    </ul>
  </section>`;
}

await startPage('sign-page', SignPage);
