/** The two wastes of a day as curves, drawn by uPlot; the same figures stand in the table for whoever can't see them. */

import { LitElement, html, nothing } from 'lit';
import uPlot from 'uplot';
import { clockText } from 'base/format.js';
import { onLanguage, t } from 'base/i18n.js';

/** @typedef {import('./types.js').ReportForm} ReportForm */

const SECOND_MS = 1000;
const FONT = '13px "Noto Sans", "Noto Sans CJK SC", sans-serif';
const AXIS_Y_PX = 40;
const AXIS_X_PX = 34;
const HEIGHT_MIN_PX = 120;
/** The least that the upper end of the axis says: one person more or less is no mountain. */
const PEOPLE_MIN = 4;

/** Steps between the marks of the clock: none is finer than a slot. */
const CLOCK_STEPS_S = [300, 900, 1800, 3600, 7200, 10800, 21600];
/** The least stretch of time that is drawn: a day that has just begun is no line across the whole chart. */
const STRETCH_S_MIN = 3600;

/** Colour, width and dashes of each curve: never told apart by colour alone. */
const CURVES = /** @type {const} */ ([
  { name: 'people_wait', colour: '--call', width: 3, dash: [] },
  { name: 'windows_wait', colour: '--primary', width: 3, dash: [8, 5] },
  { name: 'waiting', colour: '--ink-soft', width: 1.5, dash: [2, 3] },
  { name: 'entered', colour: '--green', width: 1.5, dash: [] },
]);

/** @param {string} name @returns {string} a colour of the page */
function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** @param {ReportForm} report A hall without a counter at its door has no curve of who came in. */
function curvesOf(report) {
  return CURVES.filter(({ name }) => name !== 'entered' || report.total.entered > 0);
}

/** @param {ReportForm} report @returns {uPlot.AlignedData} */
function dataOf(report) {
  const { curve, slot_s, until } = report;
  const times = curve.map(({ at }) => Date.parse(at) / SECOND_MS);
  const last = times.at(-1);
  const ends = last === undefined ? [] : [Math.min(last + slot_s, Date.parse(until) / SECOND_MS)];
  const values = (/** @type {keyof Omit<import('./types.js').Point, 'at'>} */ name) => {
    const found = curve.map((point) => point[name]);
    return [...found, ...found.slice(-1)];
  };
  return [[...times, ...ends], ...curvesOf(report).map(({ name }) => values(name))];
}

/** `<waste-chart>`: set `report` and `zone`; it is as large as its place. */
class WasteChart extends LitElement {
  static properties = { report: { attribute: false }, zone: { attribute: false } };

  constructor() {
    super();
    /** @type {ReportForm | null} */
    this.report = null;
    this.zone = '';
    /** @type {uPlot | null} */
    this.plot = null;
    this.drawn = '';
    this.resized = new ResizeObserver(() => this.#fit());
  }

  /** @override */
  createRenderRoot() {
    return this;
  }

  /** @override */
  connectedCallback() {
    super.connectedCallback();
    this.endLanguage = onLanguage(() => this.requestUpdate());
    this.requestUpdate(); // what was drawn went with the last place
  }

  /** @override */
  disconnectedCallback() {
    super.disconnectedCallback();
    this.endLanguage?.();
    this.resized.disconnect();
    this.plot?.destroy();
    this.plot = null;
    this.drawn = '';
  }

  /** @returns {HTMLElement | null} */
  get place() {
    return this.querySelector('.plot');
  }

  #size() {
    const { place } = this;
    return { width: place?.clientWidth ?? 0, height: Math.max(place?.clientHeight ?? 0, HEIGHT_MIN_PX) };
  }

  #fit() {
    const size = this.#size();
    if (this.plot !== null && size.width > 0) this.plot.setSize(size);
  }

  /** @override */
  updated() {
    const { report, place } = this;
    if (report === null || report.curve.length === 0 || place === null) {
      this.plot?.destroy();
      this.plot = null;
      this.drawn = '';
      return;
    }
    const drawn = [report.day, this.zone, document.documentElement.lang, curvesOf(report).length].join(' ');
    if (this.plot !== null && this.drawn === drawn) {
      this.plot.setData(dataOf(report));
      return;
    }
    this.plot?.destroy();
    this.plot = new uPlot({ ...this.#options(report), ...this.#size() }, dataOf(report), place);
    this.drawn = drawn;
    this.resized.disconnect();
    this.resized.observe(place);
  }

  /** @param {ReportForm} report @returns {Omit<uPlot.Options, 'width' | 'height'>} */
  #options(report) {
    const ink = colour('--ink-soft');
    const grid = { stroke: colour('--line'), width: 1 };
    const axis = { stroke: ink, font: FONT, grid, ticks: grid };
    const clock = (/** @type {number} */ seconds) => clockText(new Date(seconds * SECOND_MS), this.zone);
    return {
      legend: { show: false },
      cursor: { show: false },
      padding: [8, 16, 0, 0],
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * SECOND_MS), this.zone),
      scales: {
        x: { range: (_, least, most) => [least, Math.max(most, least + STRETCH_S_MIN)] },
        y: { range: (_, __, most) => [0, Math.max(PEOPLE_MIN, Math.ceil(most * 1.1))] },
      },
      axes: [
        { ...axis, size: AXIS_X_PX, incrs: CLOCK_STEPS_S, values: (_, splits) => splits.map(clock) },
        { ...axis, size: AXIS_Y_PX, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500], space: 28 },
      ],
      series: [
        {},
        ...curvesOf(report).map(({ name, colour: stroke, width, dash }) => ({
          label: t(`manager.curve_${name}`),
          stroke: colour(stroke),
          width,
          dash: [...dash],
          points: { show: false },
          ...(uPlot.paths.stepped === undefined ? {} : { paths: uPlot.paths.stepped({ align: 1 }) }),
        })),
      ],
    };
  }

  /** @override */
  render() {
    const { report } = this;
    if (report === null) return nothing;
    if (report.curve.length === 0) return html`<p class="no-curve">${t('manager.no_curve')}</p>`;
    return html`<ul class="legend">
        ${curvesOf(report).map(({ name }) => html`<li class="curve-${name}"><i></i>${t(`manager.curve_${name}`)}</li>`)}
      </ul>
      <div class="plot" role="img" aria-label=${t('manager.curves_are')}></div>`;
  }
}

customElements.define('waste-chart', WasteChart);
