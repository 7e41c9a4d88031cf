/** What the manager's charts share: a drawing by uPlot that is as large as its place and follows report and language. */

import { html, nothing } from 'lit';
import uPlot from 'uplot';
import { PartElement } from 'base/element.js';
import { clockText } from 'base/format.js';
import { t } from 'base/i18n.js';

/** @typedef {import('./types.js').ReportForm} ReportForm */

export const SECOND_MS = 1000;
const FONT = '13px "Noto Sans", "Noto Sans CJK SC", sans-serif';
const AXIS_Y_PX = 40;
const AXIS_X_PX = 34;
const HEIGHT_MIN_PX = 120;
/** Steps between the marks of the clock: none is finer than a slot. */
const CLOCK_STEPS_S = [300, 900, 1800, 3600, 7200, 10800, 21600];
/** Steps between figures. */
const COUNT_STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500];
const COUNT_SPACE_PX = 28;
/** Room above the highest point. */
const HEADROOM = 1.1;

/** @param {string} name @returns {string} a colour of the page */
export function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** @param {number} least The least that the upper end says. @returns {uPlot.Scale.Range} from nought */
export function upTo(least) {
  return (_, __, most) => [0, Math.max(least, Math.ceil((most ?? 0) * HEADROOM))];
}

/** @param {number} stretch_s The least stretch of time that is drawn. @returns {uPlot.Scale.Range} */
export function atLeast(stretch_s) {
  return (_, least, most) => [least, Math.max(most, least + stretch_s)];
}

/** Set `report` and `zone`. */
export class PlotElement extends PartElement {
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

  /** @param {ReportForm} _report @returns {uPlot.AlignedData} times and values; none where there is nothing to draw */
  data(_report) {
    return [[]];
  }

  /** @returns {Omit<uPlot.Options, 'width' | 'height'>} */
  options() {
    return { series: [{}] };
  }

  /** @returns {unknown} what stands above the drawing, and tells its curves apart */
  legend() {
    return nothing;
  }

  /** @returns {string} what the drawing is, and where its figures are to be read */
  name() {
    return '';
  }

  /** @override */
  connectedCallback() {
    super.connectedCallback();
    this.requestUpdate(); // what was drawn went with the last place
  }

  /** @override */
  disconnectedCallback() {
    super.disconnectedCallback();
    this.resized.disconnect();
    this.#clear();
  }

  #clear() {
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
    const data = report === null ? [[]] : this.data(report);
    if (report === null || data[0].length === 0 || place === null) {
      this.#clear();
      return;
    }
    const drawn = [report.day, this.zone, document.documentElement.lang, data.length].join(' ');
    if (this.plot !== null && this.drawn === drawn) {
      this.plot.setData(/** @type {uPlot.AlignedData} */ (data));
      return;
    }
    this.#clear();
    const plain = { legend: { show: false }, cursor: { show: false } };
    const tzDate = (/** @type {number} */ at_s) => uPlot.tzDate(new Date(at_s * SECOND_MS), this.zone);
    const options = { ...plain, tzDate, ...this.options(), ...this.#size() };
    this.plot = new uPlot(options, /** @type {uPlot.AlignedData} */ (data), place);
    this.drawn = drawn;
    this.resized.disconnect();
    this.resized.observe(place);
  }

  /** @returns {uPlot.Axis} */
  clockAxis() {
    const clock = (/** @type {number} */ at_s) => clockText(new Date(at_s * SECOND_MS), this.zone);
    return { ...this.#axis(), size: AXIS_X_PX, incrs: CLOCK_STEPS_S, values: (_, splits) => splits.map(clock) };
  }

  /** @returns {uPlot.Axis} */
  countAxis() {
    return { ...this.#axis(), size: AXIS_Y_PX, incrs: COUNT_STEPS, space: COUNT_SPACE_PX };
  }

  #axis() {
    const grid = { stroke: colour('--line'), width: 1 };
    return { stroke: colour('--ink-soft'), font: FONT, grid, ticks: grid };
  }

  /** @override */
  render() {
    const { report } = this;
    if (report === null) return nothing;
    if (this.data(report)[0].length === 0) return html`<p class="no-curve">${t('manager.no_curve')}</p>`;
    return html`${this.legend()}
      <div class="plot" role="img" aria-label=${this.name()}></div>`;
  }
}
