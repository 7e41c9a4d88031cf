/**
 * How long people waited over the day: median and longest of nine in ten by the half hour, beside how many waited and how
 * many windows were manned, with marks where people waited for windows (人等事) and windows for people (事等人).
 */

import { html } from 'lit';
import { clockText } from 'base/format.js';
import { t } from 'base/i18n.js';
import { PlotElement, SECOND_MS, atLeast, colour, upTo } from './plot.js';
import { meanText, oneDecimal } from './words.js';

/**
 * @typedef {import('./types.js').HalfHour} HalfHour
 * @typedef {import('./types.js').PlanForm} PlanForm
 * @typedef {import('./types.js').ReportForm} ReportForm
 */

const MINUTE_S = 60;
const HALF_HOUR_S = 1800;
const STRETCH_S_MIN = 7200;
const WAIT_MIN = 10;
const COUNT_MIN = 4;
const CLOCK_CHARS = 5;
/** From so many on the mean of a half hour is marked: fifteen person-minutes, or a quarter of an hour of a window. */
const MARK_FROM = 0.5;
/** The strips of marks above the drawing, in pixels of the page. */
const STRIP_PX = 9;
const STRIP_GAP_PX = 3;

/** Colour, width and dashes of each curve, and its axis: minutes on the left, people and windows on the right. */
const CURVES = /** @type {const} */ ([
  { name: 'p50', scale: 'min', colour: '--primary', width: 3, dash: [] },
  { name: 'p90', scale: 'min', colour: '--primary', width: 2, dash: [9, 4] },
  { name: 'waiting', scale: 'count', colour: '--ink-soft', width: 1.5, dash: [2, 3] },
  { name: 'manned', scale: 'count', colour: '--green', width: 2, dash: [14, 4, 3, 4] },
]);
/** Each with its strip; the second is an outline, so that the two are told apart without colours too. */
const MARKS = /** @type {const} */ ([
  { name: 'people_wait', colour: '--call', filled: true },
  { name: 'windows_wait', colour: '--primary', filled: false },
]);

/** @type {Record<(typeof CURVES)[number]['name'], (half: HalfHour) => number | null>} */
const VALUES = {
  p50: ({ p50_s }) => (p50_s === null ? null : p50_s / MINUTE_S),
  p90: ({ p90_s }) => (p90_s === null ? null : p90_s / MINUTE_S),
  waiting: ({ waiting }) => waiting,
  manned: ({ manned }) => manned,
};

/** @param {HalfHour} half @returns {number} seconds since 1970 */
function beginOf({ at }) {
  return Date.parse(at) / SECOND_MS;
}

/** `<waits-chart>`: set `report` and `zone`; it is as large as its place. */
class WaitsChart extends PlotElement {
  /** @override @param {ReportForm} report @returns {import('uplot').AlignedData} */
  data({ half_hours, until }) {
    /** @type {number[]} */
    const times = [];
    /** @type {(number | null)[][]} */
    const values = CURVES.map(() => []);
    const point = (/** @type {number} */ at_s, /** @type {HalfHour | null} */ half) => {
      times.push(at_s);
      CURVES.forEach(({ name }, curve) => values[curve]?.push(half === null ? null : VALUES[name](half)));
    };
    half_hours.forEach((half, index) => {
      const begin = beginOf(half);
      const next = half_hours[index + 1];
      // A step from its first second to its last: one between two half hours without calls is seen too.
      point(begin, half);
      point(Math.max(begin + 1, Math.min(begin + HALF_HOUR_S, Date.parse(until) / SECOND_MS) - 1), half);
      if (next !== undefined && beginOf(next) > begin + HALF_HOUR_S) point(begin + HALF_HOUR_S, null);
    });
    return [times, ...values];
  }

  /** @override @returns {Omit<import('uplot').Options, 'width' | 'height'>} */
  options() {
    const grid = { show: false };
    return {
      padding: [MARKS.length * (STRIP_PX + STRIP_GAP_PX) + STRIP_GAP_PX, 0, 0, 0],
      scales: { x: { range: atLeast(STRETCH_S_MIN) }, min: { range: upTo(WAIT_MIN) }, count: { range: upTo(COUNT_MIN) } },
      axes: [
        this.clockAxis(),
        { ...this.countAxis(), scale: 'min' },
        { ...this.countAxis(), scale: 'count', side: 1, grid },
      ],
      series: [
        {},
        ...CURVES.map(({ name, scale, colour: stroke, width, dash }) => ({
          label: t(`manager.waits_${name}`),
          scale,
          stroke: colour(stroke),
          width,
          dash: [...dash],
          points: { show: false },
        })),
      ],
      hooks: { draw: [(plot) => this.#mark(plot)] },
    };
  }

  /** @param {import('uplot')} plot */
  #mark(plot) {
    const { ctx, bbox } = plot;
    const ratio = devicePixelRatio;
    ctx.save();
    ctx.lineWidth = ratio;
    for (const half of this.report?.half_hours ?? []) {
      const begin = plot.valToPos(beginOf(half), 'x', true);
      const end = plot.valToPos(beginOf(half) + HALF_HOUR_S, 'x', true);
      const width = Math.min(end, bbox.left + bbox.width) - begin - ratio;
      MARKS.forEach(({ name, colour: own, filled }, strip) => {
        if (half[name] < MARK_FROM) return;
        const top = bbox.top - (MARKS.length - strip) * (STRIP_PX + STRIP_GAP_PX) * ratio;
        ctx.fillStyle = colour(own);
        ctx.strokeStyle = colour(own);
        if (filled) ctx.fillRect(begin, top, width, STRIP_PX * ratio);
        else ctx.strokeRect(begin + ratio / 2, top + ratio / 2, width - ratio, (STRIP_PX - 1) * ratio);
      });
    }
    ctx.restore();
  }

  /** @override */
  legend() {
    return html`<ul class="legend">
      ${CURVES.map(({ name }) => html`<li class="waits-${name}"><i></i>${t(`manager.waits_${name}`)}</li>`)}
      ${MARKS.map(({ name }) => html`<li class="mark-${name}"><i></i>${t(`manager.mark_${name}`)}</li>`)}
    </ul>`;
  }

  /** @override */
  name() {
    return t('manager.waits_are');
  }
}

customElements.define('waits-chart', WaitsChart);

/** @param {ReportForm | null} report @param {PlanForm} plan */
export function waitsPanel(report, plan) {
  const zone = plan.hall.timezone;
  return html`<section class="panel waits" aria-labelledby="waits">
    <header class="panel-head">
      <h2 id="waits">${t('manager.waits_title')}</h2>
      <p>${t('manager.waits_lead')}</p>
    </header>
    <waits-chart .report=${report} .zone=${zone}></waits-chart>
    <details>
      <summary>${t('manager.waits_table')}</summary>
      <div class="scroll" tabindex="0">
        <table>
          <caption class="unseen">${t('manager.waits_title')}</caption>
          <thead>
            <tr>
              <th scope="col">${t('manager.half_hour')}</th>
              <th scope="col">${t('manager.called')}</th>
              <th scope="col">${t('manager.waits_p50')}</th>
              <th scope="col">${t('manager.waits_p90')}</th>
              <th scope="col">${t('manager.waits_waiting')}</th>
              <th scope="col">${t('manager.waits_manned')}</th>
              <th scope="col">${t('manager.waits_people_wait')}</th>
              <th scope="col">${t('manager.waits_windows_wait')}</th>
            </tr>
          </thead>
          <tbody>
            ${(report?.half_hours ?? []).map((half) => tableRow(half, zone))}
          </tbody>
        </table>
      </div>
    </details>
  </section>`;
}

/** @param {HalfHour} half @param {string} zone */
function tableRow(half, zone) {
  return html`<tr>
    <th scope="row" class="number">${clockText(half.at, zone).padStart(CLOCK_CHARS, '0')}</th>
    <td>${half.called}</td>
    <td>${meanText(half.p50_s)}</td>
    <td>${meanText(half.p90_s)}</td>
    <td>${oneDecimal(half.waiting)}</td>
    <td>${oneDecimal(half.manned)}</td>
    <td class="people-wait">${oneDecimal(half.people_wait)}</td>
    <td class="windows-wait">${oneDecimal(half.windows_wait)}</td>
  </tr>`;
}
