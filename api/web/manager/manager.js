/**
 * The manager's page: `/manager/{hall}`. The floor at a glance, the day in figures, and the plan.
 *
 * What is shown is a function of what the controller told last; a board says when to read the floor anew.
 */

import { html, nothing } from 'lit';
import { detailOf, get, getPatiently, isAway } from 'base/api.js';
import { HallClock, everySecond } from 'base/clock.js';
import { PageElement, pathParts, startPage } from 'base/element.js';
import { clockText } from 'base/format.js';
import { t } from 'base/i18n.js';
import { signInFor, signedIn } from 'base/session.js';
import { LiveSocket } from 'base/socket.js';
import { Presses } from '../clerk/press.js';
import { curvePanel, dayPanel } from './day.js';
import { sightOf } from './dialogs.js';
import { floorMap, queues } from './floor.js';
import { minutesText, passedSeconds, sinceText, windowsWait } from './words.js';
import './aids.js';
import './cases.js';
import './plan.js';

/**
 * @typedef {import('base/session.js').Session} Session
 * @typedef {import('base/socket.js').Connection} Connection
 * @typedef {import('base/types.js').Board} Board
 * @typedef {import('../clerk/dialogs.js').Choice} Choice
 * @typedef {import('./types.js').Action} Action
 * @typedef {import('./types.js').FloorForm} FloorForm
 * @typedef {import('./types.js').FloorWindow} FloorWindow
 * @typedef {import('./types.js').PlanForm} PlanForm
 * @typedef {import('./types.js').ReportForm} ReportForm
 * @typedef {import('./types.js').Sight} Sight
 * @typedef {'floor' | 'day' | 'plan' | 'cases' | 'aids'} Tab
 */

/** @type {readonly Tab[]} */
const TABS = ['floor', 'day', 'plan', 'cases', 'aids'];
/** The figures of the day and the names of the plan are read anew this often while the page is in sight. */
const REFRESH_MS = 30000;
const READ_AGAIN_MS = 3000;

/** @returns {Tab} the part of the page that the address names */
function tabOfAddress() {
  return TABS.find((tab) => `#${tab}` === location.hash) ?? 'floor';
}

/** The page. */
class ManagerPage extends PageElement {
  static properties = {
    session: { state: true },
    plan: { state: true },
    floor: { state: true },
    report: { state: true },
    earlier: { state: true },
    connection: { state: true },
    tab: { state: true },
    asked: { state: true },
    refusal: { state: true },
    trouble: { state: true },
    unread: { state: true },
    dayTrouble: { state: true },
  };

  constructor() {
    super();
    this.hall = encodeURIComponent(pathParts('/manager/{hall}')['hall'] ?? '');
    this.path = `/halls/${this.hall}`;
    /** @type {Session | null} */
    this.session = null;
    /** @type {PlanForm | null} */
    this.plan = null;
    /** @type {FloorForm | null} */
    this.floor = null;
    /** @type {ReportForm | null} today */
    this.report = null;
    /** @type {ReportForm | null} the earlier day that is looked at */
    this.earlier = null;
    /** @type {Connection} */
    this.connection = 'connecting';
    this.tab = tabOfAddress();
    /** @type {{action: 'open' | 'away' | 'close', window: string} | null} what is asked before it is done */
    this.asked = null;
    this.refusal = '';
    /** Why there is nothing to show. */
    this.trouble = '';
    this.unread = '';
    this.dayTrouble = '';
    this.clock = new HallClock();
    /** @type {Map<string, Presses>} */
    this.presses = new Map();
    this.reading = false;
    this.newer = false;
  }

  /** @override */
  connectedCallback() {
    super.connectedCallback();
    addEventListener('hashchange', () => {
      this.tab = tabOfAddress();
    });
    everySecond(this.clock, () => this.requestUpdate());
    this.#start();
  }

  /** @override */
  pageTitle() {
    return this.plan === null ? t('manager.title') : `${this.plan.hall.name} ${t('manager.title')}`;
  }

  async #start() {
    const tell = (/** @type {{detail: string}} */ error) => {
      this.trouble = error.detail;
    };
    try {
      this.session = await getPatiently('/session', tell);
      this.plan = await getPatiently(`${this.path}/plan`, tell);
      this.#take(await getPatiently(`${this.path}/floor`, tell));
      this.report = await getPatiently(`${this.path}/report`, tell);
    } catch (error) {
      if (!signInFor(error)) this.trouble = detailOf(error);
      return;
    }
    this.trouble = '';
    document.title = this.pageTitle();
    const listeners = {
      board: (/** @type {Board} */ board) => {
        this.clock.observe(board.at);
        this.#read();
      },
      connection: (/** @type {Connection} */ connection) => {
        this.connection = connection;
      },
    };
    new LiveSocket(`/ws/v1/halls/${this.hall}/boards/manager`, listeners, { reportsShown: false }).open();
    setInterval(() => document.visibilityState === 'visible' && this.#refresh(), REFRESH_MS);
  }

  /** @param {FloorForm} floor */
  #take(floor) {
    this.clock.observe(floor.at);
    this.floor = floor;
    this.unread = '';
    for (const presses of this.presses.values()) presses.settle();
  }

  /** Read the floor; news that arrive meanwhile are read once more after it. */
  async #read() {
    this.newer = true;
    if (this.reading) return;
    this.reading = true;
    try {
      while (this.newer) {
        this.newer = false;
        this.#take(await get(`${this.path}/floor`));
      }
    } catch (error) {
      if (signInFor(error)) return;
      this.unread = detailOf(error);
      if (isAway(error)) setTimeout(() => this.#read(), READ_AGAIN_MS);
    } finally {
      this.reading = false;
    }
  }

  async #refresh() {
    try {
      this.report = await get(`${this.path}/report`);
      this.plan = await get(`${this.path}/plan`);
    } catch (error) {
      if (!signInFor(error)) this.unread = detailOf(error);
    }
  }

  /** @param {string} day */
  async #chooseDay(day) {
    this.dayTrouble = '';
    if (day === this.floor?.day) {
      this.earlier = null;
      return;
    }
    try {
      this.earlier = await get(`${this.path}/report?day=${encodeURIComponent(day)}`);
    } catch (error) {
      if (!signInFor(error)) this.dayTrouble = detailOf(error);
    }
  }

  /** @returns {string | null} the window whose press is under way */
  get #busy() {
    return [...this.presses].find(([, presses]) => presses.busy !== null)?.[0] ?? null;
  }

  /** @param {Action} action @param {FloorWindow} window */
  #act(action, window) {
    this.refusal = '';
    if (action === 'back') this.#press(window.window, 'back', {});
    else this.asked = { action, window: window.window };
  }

  /** @param {string} window @param {import('../clerk/actions.js').Action} action @param {Record<string, unknown>} body */
  async #press(window, action, body) {
    if (this.#busy !== null) return;
    const presses =
      this.presses.get(window) ??
      new Presses(`${this.path}/windows/${encodeURIComponent(window)}`, () => this.requestUpdate());
    this.presses.set(window, presses);
    this.refusal = '';
    try {
      await presses.press(action, body);
    } catch (error) {
      if (signInFor(error)) return;
      this.refusal = detailOf(error);
    }
    await this.#read();
  }

  /** @param {Tab} tab */
  #show(tab) {
    this.tab = tab;
    history.replaceState(null, '', `#${tab}`);
    if (tab === 'day') this.#refresh();
  }

  /** Arrows move between the parts of the page, as the tabs of any program. @param {KeyboardEvent} event */
  #tabKey(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const next = TABS[(TABS.indexOf(this.tab) + step + TABS.length) % TABS.length] ?? 'floor';
    this.#show(next);
    this.updateComplete.then(() => {
      const tab = this.querySelector(`#tab-${next}`);
      if (tab instanceof HTMLElement) tab.focus();
    });
  }

  /** @override */
  render() {
    const { floor, plan } = this;
    if (floor === null || plan === null) {
      return html`<main class="preparing" role="status">
        <h1>${this.trouble === '' ? t('manager.preparing') : this.trouble}</h1>
        ${this.languageSwitch()} ${this.#who()}
      </main>`;
    }
    /** @type {Sight} */
    const sight = { floor, plan, now_ms: this.clock.now_ms() };
    const trouble = this.refusal || this.unread;
    return html`
      ${this.staleBanner(this.connection)} ${this.#head(sight)}
      <main class="manager">
        ${trouble === '' ? nothing : html`<p class="alert" role="alert">${trouble}</p>`}
        <div id="panel" role="tabpanel" aria-labelledby="tab-${this.tab}">${this.#panel(sight)}</div>
      </main>
      ${this.#dialog(sight)}
    `;
  }

  /** @param {Sight} sight */
  #panel(sight) {
    const { plan, floor } = sight;
    const shown = { plan, today: floor.day, trouble: this.dayTrouble, choose: (/** @type {string} */ day) => this.#chooseDay(day) };
    switch (this.tab) {
      case 'day':
        return dayPanel({ ...shown, report: this.earlier ?? this.report });
      case 'plan':
        return html`<plan-editor .path=${this.path} .plan=${plan} @changed=${() => this.#refresh()}></plan-editor>`;
      case 'cases':
        return html`<case-list .path=${this.path}></case-list>`;
      case 'aids':
        return html`<aid-register .path=${this.path} .zone=${plan.hall.timezone} .now_ms=${sight.now_ms}></aid-register>`;
      default:
        return html`${this.#sums(sight)}
          <div class="floor">
            <div class="map">
              ${floorMap(sight, { busy: this.#busy, act: (action, window) => this.#act(action, window) })}
              ${curvePanel({ ...shown, report: this.report })}
            </div>
            ${queues(sight)}
          </div>`;
    }
  }

  /** @param {Sight} sight */
  #head({ floor, plan, now_ms }) {
    return html`<header class="head">
      <h1>${plan.hall.name}</h1>
      <p class="status ${floor.open ? 'open' : 'closed'}">${floor.open ? t('manager.hall_open') : t('manager.hall_closed')}</p>
      <div class="tabs" role="tablist" @keydown=${(/** @type {KeyboardEvent} */ event) => this.#tabKey(event)}>
        ${TABS.map(
          (tab) => html`<button
            type="button"
            role="tab"
            id="tab-${tab}"
            aria-controls="panel"
            aria-selected=${tab === this.tab}
            tabindex=${tab === this.tab ? 0 : -1}
            @click=${() => this.#show(tab)}
          >
            ${t(`manager.tab_${tab}`)}
          </button>`,
        )}
      </div>
      <time class="number">${clockText(new Date(now_ms), plan.hall.timezone)}</time>
      ${this.languageSwitch()} ${this.#who()}
    </header>`;
  }

  #who() {
    const notLeft = (/** @type {unknown} */ error) => {
      if (signInFor(error)) return;
      if (this.floor === null) this.trouble = detailOf(error);
      else this.refusal = detailOf(error);
    };
    return this.session === null ? nothing : signedIn(this.session, notLeft);
  }

  /** @param {Sight} sight */
  #sums({ floor, now_ms }) {
    const first = floor.longest[0] ?? null;
    const count = (/** @type {string} */ status) => floor.windows.filter((window) => window.status === status).length;
    const long = first !== null && passedSeconds(first.arrived_at, now_ms) >= floor.long_wait_s;
    const total = this.report?.total ?? null;
    return html`<dl class="sums">
      ${sum(t('manager.waiting_now'), floor.waiting)}
      ${sum(t('manager.longest_wait'), first === null ? t('manager.none') : sinceText(first.arrived_at, now_ms), long)}
      ${sum(
        t('manager.windows_open'),
        html`${count('open')}<small>/${floor.windows.length}</small>`,
        false,
        count('away') > 0 ? t('manager.windows_away', { count: count('away') }) : '',
      )}
      ${total === null
        ? nothing
        : html`${sum(t('manager.served_today'), html`${total.served}<small>/${total.tickets}</small>`)}
          ${sum(t('manager.people_wait_today'), minutesText(total.people_wait_min))}
          ${sum(t('manager.windows_wait_today'), minutesText(windowsWait(total)))}`}
    </dl>`;
  }

  /** @param {Sight} sight */
  #dialog(sight) {
    const { asked } = this;
    const window = sight.floor.windows.find((each) => each.window === asked?.window);
    if (asked === null || window === undefined) return nothing;
    const left = () => {
      if (this.asked === asked) this.asked = null;
    };
    const chosen = (/** @type {CustomEvent<Choice>} */ event) => {
      this.asked = null;
      this.#press(asked.window, event.detail.action, event.detail.body);
    };
    const given = sightOf(window, sight);
    switch (asked.action) {
      case 'open':
        return html`<manager-open .sight=${given} @left=${left} @chosen=${chosen}></manager-open>`;
      case 'away':
        return html`<manager-away .sight=${given} @left=${left} @chosen=${chosen}></manager-away>`;
      default:
        return html`<manager-close .sight=${given} @left=${left} @chosen=${chosen}></manager-close>`;
    }
  }
}

/** @param {string} term @param {unknown} value @param {boolean} [marked] @param {string} [aside] */
function sum(term, value, marked = false, aside = '') {
  return html`<div class=${marked ? 'long' : ''}>
    <dt>${term}</dt>
    <dd><span class="number">${value}</span>${aside === '' ? nothing : html` <em>${aside}</em>`}</dd>
  </div>`;
}

await startPage('manager-page', ManagerPage);
