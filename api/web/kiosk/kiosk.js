/**
 * The ticket machine's page: `/kiosk/{hall}`; with `?device=ID` the receipt is printed by that device.
 *
 * One tap on a service takes a ticket. The green channel is one tap more, and asks for no reason.
 */

import { html, nothing } from 'lit';
import { detailOf, get, getPatiently, isAway, newKey, send } from 'base/api.js';
import { PageElement, pathParts, startPage } from 'base/element.js';
import { clockText, dayText } from 'base/format.js';
import { language, t, useLanguage } from 'base/i18n.js';
import { icon } from 'base/icons.js';
import { LiveSocket } from 'base/socket.js';
import { packageGroup, serviceGroups } from './services.js';
import { issuedView } from './issued.js';

/**
 * @typedef {import('base/types.js').Board} Board
 * @typedef {import('base/types.js').PlanForm} PlanForm
 * @typedef {import('base/types.js').Issued} Issued
 *
 * @typedef {object} Wish What a person asked for; its key makes a second try the same wish.
 * @property {import('./services.js').Matter} service
 * @property {'normal' | 'green'} lane
 * @property {string} key
 *
 * @typedef {{kind: 'services'}
 *   | {kind: 'taking', wish: Wish}
 *   | {kind: 'refused', wish: Wish, detail: string, again: boolean}
 *   | {kind: 'issued', wish: Wish, issued: Issued, left_s: number, givenBack: boolean, trouble: string}} View
 */

/** A number stays in sight this long after the last touch: long enough to photograph it where nothing is printed. */
const ISSUED_S = 60;
const ISSUED_PRINTED_S = 30;
/** How long the page says that a ticket was given back. */
const GIVEN_BACK_S = 5;
/** Without a touch for this long the next person finds the page as it was: Chinese, no lane chosen. */
const IDLE_S = 60;
/** Less than this share of a screen below the edge is margin, not services. */
const MORE_MIN_SHARE = 0.04;
/** One tap on "more" goes down by this share of a screen, so that the last row stays in sight. */
const SCROLL_SHARE = 0.7;
/** A changed plan (another service, another name) is on the page this long after at the latest. */
const PLAN_REFRESH_MS = 60000;

/** The page. */
class KioskPage extends PageElement {
  static properties = {
    plan: { state: true },
    board: { state: true },
    connection: { state: true },
    lane: { state: true },
    view: { state: true },
    trouble: { state: true },
    now: { state: true },
    more: { state: true },
  };

  constructor() {
    super();
    this.remembersLanguage = false;
    this.hall = pathParts('/kiosk/{hall}')['hall'] ?? '';
    this.device = new URLSearchParams(location.search).get('device');
    /** @type {PlanForm | null} */
    this.plan = null;
    /** @type {Board | null} */
    this.board = null;
    /** @type {import('base/socket.js').Connection} */
    this.connection = 'connecting';
    /** @type {'normal' | 'green'} */
    this.lane = 'normal';
    /** @type {View} */
    this.view = { kind: 'services' };
    this.trouble = '';
    this.now = new Date();
    /** Whether services lie below the edge of the screen. */
    this.more = false;
    this.touchedAt = Date.now();
    this.firstLanguage = language();
  }

  /** @override */
  connectedCallback() {
    super.connectedCallback();
    addEventListener('pointerdown', () => this.#touched());
    addEventListener('keydown', () => this.#touched());
    addEventListener('scroll', () => this.#measure(), { passive: true });
    addEventListener('resize', () => this.#measure());
    setInterval(() => this.#tick(), 1000);
    this.#start();
  }

  /** @override */
  pageTitle() {
    return t('kiosk.title');
  }

  async #start() {
    try {
      this.plan = await getPatiently(`/halls/${encodeURIComponent(this.hall)}/plan`, (error) => {
        this.trouble = error.detail;
      });
    } catch (error) {
      this.trouble = detailOf(error);
      return;
    }
    this.trouble = '';
    setInterval(() => this.#refreshPlan(), PLAN_REFRESH_MS);
    const path = `/ws/v1/halls/${encodeURIComponent(this.hall)}/boards/kiosk`;
    const listeners = {
      board: (/** @type {Board} */ board) => {
        this.board = board;
      },
      connection: (/** @type {import('base/socket.js').Connection} */ connection) => {
        if (connection === 'live' && this.connection === 'stale') this.#refreshPlan();
        this.connection = connection;
      },
    };
    new LiveSocket(path, listeners, { reportsShown: false }).open();
  }

  async #refreshPlan() {
    try {
      this.plan = await get(`/halls/${encodeURIComponent(this.hall)}/plan`);
    } catch (error) {
      console.info('The plan stays as it was last read.', detailOf(error));
    }
  }

  #touched() {
    this.touchedAt = Date.now();
    if (this.view.kind === 'issued') this.view = { ...this.view, left_s: this.#issuedSeconds() };
  }

  #issuedSeconds() {
    return this.device === null ? ISSUED_S : ISSUED_PRINTED_S;
  }

  #tick() {
    this.now = new Date();
    if (this.view.kind === 'issued') {
      if (this.view.left_s <= 1) this.#home();
      else this.view = { ...this.view, left_s: this.view.left_s - 1 };
    } else if (this.view.kind !== 'taking' && Date.now() - this.touchedAt > IDLE_S * 1000) {
      this.#home();
    }
  }

  /** The page as the next person should find it. */
  #home() {
    this.view = { kind: 'services' };
    this.lane = 'normal';
    if (language() !== this.firstLanguage) useLanguage(this.firstLanguage);
    scrollTo({ top: 0 });
  }

  /** @param {import('./services.js').Matter} service */
  #wish(service) {
    this.#take({ service, lane: this.lane, key: newKey() });
  }

  /** @param {Wish} wish */
  async #take(wish) {
    if (this.view.kind === 'taking') return;
    this.view = { kind: 'taking', wish };
    const body = { services: [wish.service.code], lane: wish.lane, channel: 'kiosk' };
    try {
      const issued = await send(
        'POST',
        `/halls/${encodeURIComponent(this.hall)}/tickets`,
        this.device === null ? body : { ...body, device: this.device },
        wish.key,
      );
      this.view = { kind: 'issued', wish, issued, left_s: this.#issuedSeconds(), givenBack: false, trouble: '' };
    } catch (error) {
      this.view = { kind: 'refused', wish, detail: detailOf(error), again: isAway(error) };
      this.touchedAt = Date.now();
    }
  }

  async #giveBack() {
    const view = this.view;
    if (view.kind !== 'issued') return;
    const { ticket, token } = view.issued;
    const path = `/halls/${encodeURIComponent(this.hall)}/tickets/${encodeURIComponent(ticket)}`;
    try {
      await send('DELETE', `${path}?token=${encodeURIComponent(token)}`, undefined, `${view.wish.key}-back`);
      this.view = { ...view, givenBack: true, left_s: GIVEN_BACK_S, trouble: '' };
    } catch (error) {
      this.view = { ...view, left_s: this.#issuedSeconds(), trouble: detailOf(error) };
    }
  }

  /** @override */
  render() {
    const plan = this.plan;
    return html`
      ${this.staleBanner(this.connection)} ${this.#head()}
      <main class="stage">
        ${plan === null ? this.#preparing() : this.#main(plan)}
      </main>
    `;
  }

  #head() {
    const zone = this.plan?.hall.timezone;
    return html`<header class="head">
      <h1>${this.plan?.hall.name ?? this.board?.hall_name ?? t('kiosk.title')}</h1>
      <p class="head-time">
        <time class="number">${clockText(this.now, zone)}</time><span>${dayText(this.now, zone)}</span>
      </p>
      ${this.languageSwitch()}
    </header>`;
  }

  #preparing() {
    return html`<section class="notice" role="status">
      <h2>${this.trouble === '' ? t('kiosk.preparing') : this.trouble}</h2>
      <p>${t('kiosk.ask_staff')}</p>
    </section>`;
  }

  /** @param {PlanForm} plan */
  #closed(plan) {
    const opens = this.board?.opens_at;
    const zone = plan.hall.timezone;
    return html`<section class="notice" role="status">
      <h2>${t('kiosk.closed')}</h2>
      <p>
        ${opens
          ? t('kiosk.opens_at', { day: dayText(opens, zone), time: clockText(opens, zone) })
          : t('kiosk.closed_hint')}
      </p>
    </section>`;
  }

  /** @param {PlanForm} plan */
  #main(plan) {
    const view = this.view;
    if (view.kind === 'issued') {
      return issuedView(view, this.device !== null, { done: () => this.#home(), giveBack: () => this.#giveBack() });
    }
    if (view.kind === 'refused') return this.#refused(view);
    if (this.board !== null && !this.board.open) return this.#closed(plan);
    const board = this.connection === 'live' ? this.board : null;
    return html`
      ${this.#laneBar()}
      ${serviceGroups(plan.services, board, this.lane, view.kind === 'taking', (service) => this.#wish(service))}
      ${packageGroup(plan, this.lane, view.kind === 'taking', (matter) => this.#wish(matter))}
      <p class="foot">${t('kiosk.ask_staff')}</p>
      ${this.more ? this.#moreBelow() : nothing}
      ${view.kind === 'taking'
        ? html`<div class="veil" role="status"><p>${t('kiosk.taking')}</p></div>`
        : nothing}
    `;
  }

  /** @override */
  updated() {
    this.#measure();
  }

  #measure() {
    const page = document.documentElement;
    this.more = page.scrollHeight - page.clientHeight - page.scrollTop > page.clientHeight * MORE_MIN_SHARE;
  }

  #moreBelow() {
    const down = () => scrollBy({ top: document.documentElement.clientHeight * SCROLL_SHARE, behavior: 'smooth' });
    return html`<button type="button" class="more" @click=${down}>${t('kiosk.more')} ${icon('down')}</button>`;
  }

  #laneBar() {
    const green = this.lane === 'green';
    const flip = () => {
      this.lane = green ? 'normal' : 'green';
    };
    return html`<div class="lane-bar ${green ? 'on' : ''}">
      <p class="lane-say" aria-live="polite">
        <strong>${green ? t('kiosk.green_on') : t('kiosk.choose')}</strong>
        <span>${green ? t('kiosk.green_on_hint') : t('kiosk.choose_hint')}</span>
      </p>
      <button type="button" class="lane-button" aria-pressed=${green ? 'true' : 'false'} @click=${flip}>
        <strong>${green ? t('kiosk.green_off') : t('kiosk.green')}</strong>
        <span>${green ? nothing : t('kiosk.green_who')}</span>
      </button>
    </div>`;
  }

  /** @param {Extract<View, {kind: 'refused'}>} view */
  #refused(view) {
    const { wish, detail, again } = view;
    return html`<section class="notice" role="alert">
      <h2>${again ? t('kiosk.cannot_now') : detail}</h2>
      <p>${again ? t('kiosk.away') : t('kiosk.ask_staff')}</p>
      <div class="choices">
        ${again
          ? html`<button type="button" class="button large" @click=${() => this.#take(wish)}>${t('kiosk.again')}</button>`
          : nothing}
        <button type="button" class="button large quiet" @click=${() => this.#home()}>${t('kiosk.back')}</button>
      </div>
    </section>`;
  }
}

await startPage('kiosk-page', KioskPage);
