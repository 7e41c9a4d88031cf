/**
 * When the hall is busy, by weekday and hour, from the days that are over. It is a table whose cells take a ground by
 * their value: whoever doesn't see colours reads the same figures.
 */

import { html, nothing } from 'lit';
import { detailOf, get } from 'base/api.js';
import { PartElement } from 'base/element.js';
import { language, t } from 'base/i18n.js';
import { signInFor } from 'base/session.js';

/**
 * @typedef {object} Cell An hour of the week, as the mean of its days.
 * @property {number} weekday 1 is Monday.
 * @property {number} hour
 * @property {number} days
 * @property {number} tickets
 * @property {number | null} mean_wait_s
 * @property {number} people_wait_min
 * @property {number} windows_wait_min
 *
 * @typedef {{since: string, until: string, days: number, cells: Cell[]}} WeekForm
 */

const WEEKS = 4;
const MINUTE_S = 60;
const WEEKDAYS = [1, 2, 3, 4, 5, 6, 7];
/** Steps of the ground, from none to the most; the stylesheet has as many. */
const STEPS = 5;
/** Below this, figures keep one decimal. */
const ROUND_FROM = 10;
const HOUR_CHARS = 2;
/** A Monday: names of weekdays come from it. */
const SOME_MONDAY = Date.UTC(2024, 0, 1);
const DAY_MS = 86400000;

const MEASURES = /** @type {const} */ (['people_wait', 'windows_wait', 'mean_wait', 'tickets']);

/** @typedef {(typeof MEASURES)[number]} Measure */

/** @type {Record<Measure, (cell: Cell) => number | null>} */
const VALUES = {
  people_wait: (cell) => cell.people_wait_min,
  windows_wait: (cell) => cell.windows_wait_min,
  mean_wait: (cell) => (cell.mean_wait_s === null ? null : cell.mean_wait_s / MINUTE_S),
  tickets: (cell) => cell.tickets,
};

/** @param {number} weekday @returns {string} */
function weekdayName(weekday) {
  const day = new Date(SOME_MONDAY + (weekday - 1) * DAY_MS);
  return new Intl.DateTimeFormat(language(), { weekday: 'long', timeZone: 'UTC' }).format(day);
}

/** @param {number} value @returns {string} */
function figure(value) {
  return value < ROUND_FROM ? String(Number(value.toFixed(1))) : String(Math.round(value));
}

/** `<week-heat>`: set `path`. */
class WeekHeat extends PartElement {
  static properties = {
    path: { attribute: false },
    week: { state: true },
    measure: { state: true },
    trouble: { state: true },
  };

  constructor() {
    super();
    /** E.g. `/halls/demo`. */
    this.path = '';
    /** @type {WeekForm | null} */
    this.week = null;
    /** @type {Measure} */
    this.measure = 'people_wait';
    this.trouble = '';
  }

  /** @override */
  connectedCallback() {
    super.connectedCallback();
    this.#read();
  }

  async #read() {
    try {
      this.week = await get(`${this.path}/report/week?weeks=${WEEKS}`);
      this.trouble = '';
    } catch (error) {
      if (!signInFor(error)) this.trouble = detailOf(error);
    }
  }

  /** @override */
  render() {
    const { week } = this;
    return html`<section class="panel heat" aria-labelledby="heat">
      <header class="panel-head">
        <h2 id="heat">${t('manager.heat')}</h2>
        ${week === null ? nothing : html`<p>${t('manager.heat_lead', { weeks: WEEKS, days: week.days })}</p>`}
      </header>
      ${this.trouble === '' ? nothing : html`<p class="alert" role="alert">${this.trouble}</p>`}
      ${week === null || week.cells.length === 0
        ? html`<p class="no-curve">${week === null ? nothing : t('manager.heat_none')}</p>`
        : html`${this.#choice()} ${this.#table(week)}`}
    </section>`;
  }

  #choice() {
    return html`<div class="measures" role="group" aria-label=${t('manager.heat')}>
      ${MEASURES.map(
        (each) => html`<button
          type="button"
          class="press"
          aria-pressed=${each === this.measure}
          @click=${() => {
            this.measure = each;
          }}
        >
          ${t(`manager.heat_${each}`)}
        </button>`,
      )}
    </div>`;
  }

  /** @param {WeekForm} week */
  #table({ cells }) {
    const value = VALUES[this.measure];
    const most = Math.max(...cells.map((cell) => value(cell) ?? 0));
    const first = Math.min(...cells.map(({ hour }) => hour));
    const last = Math.max(...cells.map(({ hour }) => hour));
    const hours = Array.from({ length: last - first + 1 }, (_, at) => first + at);
    const at = (/** @type {number} */ weekday, /** @type {number} */ hour) =>
      cells.find((cell) => cell.weekday === weekday && cell.hour === hour);
    return html`<div class="scroll" tabindex="0">
      <table class=${this.measure}>
        <caption class="unseen">
          ${t(`manager.heat_${this.measure}`)}
        </caption>
        <thead>
          <tr>
            <td></td>
            ${hours.map((hour) => html`<th scope="col">${String(hour).padStart(HOUR_CHARS, '0')}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${WEEKDAYS.filter((weekday) => cells.some((cell) => cell.weekday === weekday)).map(
            (weekday) => html`<tr>
              <th scope="row">${weekdayName(weekday)}</th>
              ${hours.map((hour) => {
                const found = at(weekday, hour);
                const told = found === undefined ? null : value(found);
                const step = told === null || most === 0 ? 0 : Math.ceil((told / most) * STEPS);
                return html`<td class="heat-${step}">${told === null ? nothing : figure(told)}</td>`;
              })}
            </tr>`,
          )}
        </tbody>
      </table>
    </div>`;
  }
}

customElements.define('week-heat', WeekHeat);
