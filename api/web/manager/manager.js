/**
 * The manager's page: `/manager/{hall}`. The floor at a glance, the day in figures, and the plan.
 *
 * What is shown is a function of what the controller told last; a board says when to read the floor anew.
 */

import { html, nothing } from 'lit';
import { cache } from 'lit/directives/cache.js';
import { detailOf, get } from 'base/api.js';
import { DeskPage } from 'base/desk.js';
import { pathParts, startPage } from 'base/element.js';
import { clockText } from 'base/format.js';
import { t } from 'base/i18n.js';
import { icon } from 'base/icons.js';
import { signInFor } from 'base/session.js';
import { Presses } from '../clerk/press.js';
import { sightOf } from './dialogs.js';
import { isUnsaved } from './editor.js';
import { TABS, tabBeside, tabOfAddress } from './tabs.js';

/**
 * @typedef {import('../clerk/dialogs.js').Choice} Choice
 * @typedef {import('./types.js').Action} Action
 * @typedef {import('./types.js').FloorForm} FloorForm
 * @typedef {import('./types.js').FloorWindow} FloorWindow
 * @typedef {import('./types.js').PlanForm} PlanForm
 * @typedef {import('./types.js').ReportForm} ReportForm
 * @typedef {import('./types.js').Sight} Sight
 * @typedef {import('./tabs.js').TabId} TabId
 */

/** The figures of the day and the names of the plan are read anew this often while the page is in sight. */
const REFRESH_MS = 30000;

/** Keys that move along the rail, as along the tabs of any program. */
const STEPS = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 };

/**
 * The page.
 *
 * @extends {DeskPage<PlanForm, FloorForm>}
 */
class ManagerPage extends DeskPage {
  static properties = {
    floor: { state: true },
    report: { state: true },
    earlier: { state: true },
    tab: { state: true },
    asked: { state: true },
    refusal: { state: true },
    dayTrouble: { state: true },
  };

  constructor() {
    const path = `/halls/${encodeURIComponent(pathParts('/manager/{hall}')['hall'] ?? '')}`;
    super({ hall: path, state: `${path}/floor`, display: 'manager' });
    this.path = path;
    /** @type {FloorForm | null} */
    this.floor = null;
    /** @type {ReportForm | null} today */
    this.report = null;
    /** @type {ReportForm | null} the earlier day that is looked at */
    this.earlier = null;
    this.tab = tabOfAddress();
    /** @type {{action: 'open' | 'away' | 'close', window: string} | null} what is asked before it is done */
    this.asked = null;
    this.refusal = '';
    this.dayTrouble = '';
    /** @type {Map<string, Presses>} */
    this.presses = new Map();
  }

  /** @override */
  connectedCallback() {
    super.connectedCallback();
    addEventListener('hashchange', () => {
      this.tab = tabOfAddress();
    });
  }

  /** @override */
  pageTitle() {
    return this.plan === null ? t('manager.title') : `${this.plan.hall.name} ${t('manager.title')}`;
  }

  /** @override */
  started() {
    this.refresh();
    setInterval(() => document.visibilityState === 'visible' && this.refresh(), REFRESH_MS);
  }

  /** @override @param {FloorForm} floor */
  take(floor) {
    this.floor = floor;
    for (const presses of this.presses.values()) presses.settle();
  }

  /** @override */
  async refresh() {
    await this.during(async () => {
      this.report = await get(`${this.path}/report`);
    });
    await super.refresh();
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

  #act = (/** @type {Action} */ action, /** @type {FloorWindow} */ window) => {
    this.refusal = '';
    if (action === 'back') this.#press(window.window, 'back', {});
    else this.asked = { action, window: window.window };
  };

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
    await this.read();
  }

  /** @param {TabId} tab */
  #show(tab) {
    this.tab = tab;
    history.replaceState(null, '', `#${tab}`);
    if (tab === 'day') this.refresh();
  }

  /** @param {KeyboardEvent} event */
  #tabKey(event) {
    if (!(event.key in STEPS)) return;
    event.preventDefault();
    const next = tabBeside(this.tab, STEPS[/** @type {keyof typeof STEPS} */ (event.key)]);
    this.#show(next);
    this.updateComplete.then(() => {
      const tab = this.querySelector(`#tab-${next}`);
      if (tab instanceof HTMLElement) tab.focus();
    });
  }

  /** @override */
  render() {
    const { floor, plan } = this;
    if (floor === null || plan === null) return this.preparing(t('manager.preparing'));
    /** @type {Sight} */
    const sight = { floor, plan, now_ms: this.clock.now_ms() };
    const trouble = this.refusal || this.unread;
    return html`
      ${this.staleBanner(this.connection)} ${this.#head(sight)} ${this.helpCalls()}
      <div class="desk">
        ${this.#rail()}
        <main class="manager">
          ${trouble === '' ? nothing : html`<p class="alert" role="alert">${trouble}</p>`}
          <div
            id="panel"
            role="tabpanel"
            aria-labelledby="tab-${this.tab}"
            @edited=${() => this.requestUpdate()}
          >${cache(this.#panel(sight))}</div>
        </main>
      </div>
      ${this.#dialog(sight)}
    `;
  }

  /** @param {Sight} sight */
  #panel(sight) {
    const controls = { busy: this.#busy, act: this.#act };
    return TABS.find(({ id }) => id === this.tab)?.panel({
      path: this.path,
      sight,
      report: this.report,
      earlier: this.earlier,
      dayTrouble: this.dayTrouble,
      choose: (day) => this.#chooseDay(day),
      controls,
      refresh: () => this.refresh(),
    });
  }

  /** @param {Sight} sight */
  #head({ floor, plan, now_ms }) {
    return html`<header class="head">
      <h1>${plan.hall.name}</h1>
      <p class="status ${floor.open ? 'open' : 'closed'}">${floor.open ? t('manager.hall_open') : t('manager.hall_closed')}</p>
      <time class="number">${clockText(new Date(now_ms), plan.hall.timezone)}</time>
      ${this.languageSwitch()} ${this.who(this.#notLeft)}
    </header>`;
  }

  #rail() {
    return html`<nav class="rail" aria-label=${t('manager.title')}>
      <div
        class="tabs"
        role="tablist"
        aria-orientation="vertical"
        @keydown=${(/** @type {KeyboardEvent} */ event) => this.#tabKey(event)}
      >
        ${TABS.map(
          ({ id, picture }) => html`<button
            type="button"
            role="tab"
            id="tab-${id}"
            aria-controls="panel"
            aria-selected=${id === this.tab}
            tabindex=${id === this.tab ? 0 : -1}
            @click=${() => this.#show(id)}
          >
            ${icon(picture)}<span>${t(`manager.tab_${id}`)}</span>
            ${isUnsaved(`${id}-editor`) ? html`<span class="unsaved">${t('manager.unsaved')}</span>` : nothing}
          </button>`,
        )}
      </div>
    </nav>`;
  }

  #notLeft = (/** @type {unknown} */ error) => {
    if (!signInFor(error)) this.refusal = detailOf(error);
  };

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

await startPage('manager-page', ManagerPage);
