/**
 * The review pad on a tablet at a window: `/pad/{hall}/{window}`. It shows whom the window serves, and asks for a
 * review when a service has been given.
 */

import { html, nothing } from 'lit';
import { keyed } from 'lit/directives/keyed.js';
import { detailOf, getPatiently } from 'base/api.js';
import { PageElement, pathParts, startPage } from 'base/element.js';
import { language, t, useLanguage } from 'base/i18n.js';
import { icon } from 'base/icons.js';
import { LiveSocket } from 'base/socket.js';
import 'base/review.js';
import BellRing from 'lucide/bell-ring.mjs';
import CircleCheck from 'lucide/circle-check.mjs';
import Clock from 'lucide/clock.mjs';
import DoorClosed from 'lucide/door-closed.mjs';
import HeartHandshake from 'lucide/heart-handshake.mjs';
import SkipForward from 'lucide/skip-forward.mjs';
import UserRound from 'lucide/user-round.mjs';
import Wrench from 'lucide/wrench.mjs';

/**
 * @typedef {import('base/types.js').Board} Board
 * @typedef {import('base/types.js').Invitation} Invitation
 * @typedef {import('base/types.js').WindowForm} WindowForm
 */

const THANKS_MS = 6000;
/** A form that somebody is filling in is never taken away; one left untouched for this long is. */
const UNTOUCHED_MS = 60000;

/** The page. */
class PadPage extends PageElement {
  static properties = {
    board: { state: true },
    connection: { state: true },
    invitation: { state: true },
    thanked: { state: true },
    trouble: { state: true },
  };

  constructor() {
    super();
    this.remembersLanguage = false;
    const parts = pathParts('/pad/{hall}/{window}');
    this.hall = parts['hall'] ?? '';
    this.window = parts['window'] ?? '';
    /** @type {Board | null} */
    this.board = null;
    /** @type {import('base/socket.js').Connection} */
    this.connection = 'connecting';
    /** @type {Invitation | null} the one on the glass */
    this.invitation = null;
    this.thanked = false;
    this.trouble = '';
    /** How far the hall's clock is ahead of this tablet's, in milliseconds: tablets have no exact time. */
    this.ahead_ms = 0;
    /** The ticket whose invitation was answered or left: it is not asked again. */
    this.settled = '';
    this.touchedAt = 0;
    this.firstLanguage = language();
  }

  /** @override */
  connectedCallback() {
    super.connectedCallback();
    addEventListener('pointerdown', () => this.#touched());
    addEventListener('keydown', () => this.#touched());
    setInterval(() => this.#settle(), 1000);
    this.#start();
  }

  /** @override */
  pageTitle() {
    return t('pad.title');
  }

  async #start() {
    const hall = encodeURIComponent(this.hall);
    try {
      await getPatiently(`/halls/${hall}`, (error) => {
        this.trouble = error.detail;
      });
    } catch (error) {
      this.trouble = detailOf(error);
      return;
    }
    this.trouble = '';
    const listeners = {
      board: (/** @type {Board} */ board) => {
        this.board = board;
        this.ahead_ms = Date.parse(board.at) - Date.now();
        this.#settle();
      },
      connection: (/** @type {import('base/socket.js').Connection} */ connection) => {
        this.connection = connection;
      },
    };
    const display = `pad-${encodeURIComponent(this.window)}`;
    new LiveSocket(`/ws/v1/halls/${hall}/boards/${display}`, listeners, { reportsShown: false }).open();
  }

  #touched() {
    this.touchedAt = Date.now();
  }

  /** @returns {WindowForm | undefined} */
  #own() {
    return this.board?.windows.find((window) => window.window === this.window);
  }

  /** Decide what the glass shows: the window's invitation, unless somebody is still at the one before. */
  #settle() {
    const offered = this.#own()?.review ?? null;
    const stands =
      offered !== null &&
      offered.ticket !== this.settled &&
      Date.parse(offered.until) > Date.now() + this.ahead_ms;
    const current = stands ? offered : null;
    const inUse = this.invitation !== null && Date.now() - this.touchedAt < UNTOUCHED_MS;
    if (this.thanked || inUse || this.invitation?.ticket === current?.ticket) return;
    this.#show(current);
  }

  /** @param {Invitation | null} invitation */
  #show(invitation) {
    this.invitation = invitation;
    this.touchedAt = 0;
    if (language() !== this.firstLanguage) useLanguage(this.firstLanguage);
  }

  #leave() {
    this.settled = this.invitation?.ticket ?? this.settled;
    this.#show(null);
    this.#settle();
  }

  #thank() {
    this.settled = this.invitation?.ticket ?? this.settled;
    this.thanked = true;
    setTimeout(() => {
      this.thanked = false;
      this.#show(null);
      this.#settle();
    }, THANKS_MS);
  }

  /** @override */
  render() {
    return html`
      ${this.staleBanner(this.connection)}
      <header class="head">
        <h1>${this.#own()?.label ?? t('pad.title')}</h1>
        <p>${this.board?.hall_name ?? nothing}</p>
        ${this.languageSwitch()}
      </header>
      <main class="stage">${this.#stage()}</main>
    `;
  }

  #stage() {
    if (this.thanked) return this.#say(CircleCheck, t('pad.thanks'), t('pad.thanks_hint'));
    if (this.invitation !== null) return this.#invite(this.invitation);
    if (this.board === null) return this.#say(Clock, this.trouble === '' ? t('pad.preparing') : this.trouble, '');
    const own = this.#own();
    if (own === undefined) return this.#say(Wrench, t('pad.no_window', { window: this.window }), '');
    if (this.connection === 'stale') return this.#say(Clock, t('pad.waiting'), '');
    if (own.status === 'away') return this.#say(Clock, t('pad.away'), own.notice ?? '');
    if (own.status === 'closed') return this.#say(DoorClosed, t('pad.closed'), '');
    if (own.stage === 'serving') return this.#say(UserRound, t('pad.serving', { number: own.number ?? '' }), t('pad.soon'));
    if (own.stage === 'called') return this.#say(BellRing, t('pad.called', { number: own.number ?? '' }), '');
    return this.#say(HeartHandshake, t('pad.waiting'), t('pad.soon'));
  }

  /**
   * @param {import('base/icons.js').Drawing} picture
   * @param {string} title
   * @param {string} hint
   */
  #say(picture, title, hint) {
    return html`<section class="say" role="status">
      ${icon(picture)}
      <h2>${title}</h2>
      <p>${hint}</p>
    </section>`;
  }

  /** @param {Invitation} invitation */
  #invite(invitation) {
    return html`<section class="invite" aria-live="polite">
      <p class="invite-for">${t('pad.for_number', { number: invitation.number })}</p>
      ${keyed(
        invitation.ticket,
        html`<review-form
          .hall=${this.hall}
          .subject=${{ ticket: invitation.ticket }}
          @reviewed=${() => this.#thank()}
        ></review-form>`,
      )}
      <figure class="by-phone">
        <img src=${`/api/v1/halls/${encodeURIComponent(this.hall)}/signs/${encodeURIComponent(this.window)}/review.svg?ticket=${encodeURIComponent(invitation.ticket)}`} alt="" />
        <figcaption>${t('pad.by_phone')}</figcaption>
      </figure>
      <button type="button" class="button quiet skip" @click=${() => this.#leave()}>
        ${icon(SkipForward)} ${t('pad.skip')}
      </button>
    </section>`;
  }
}

await startPage('pad-page', PadPage);
