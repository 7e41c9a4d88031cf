/** The two wastes of a day as curves; the same figures stand in the table for whoever can't see them. */

import { html } from 'lit';
import uPlot from 'uplot';
import { t } from 'base/i18n.js';
import { PlotElement, SECOND_MS, atLeast, colour, upTo } from './plot.js';

/** @typedef {import('./types.js').ReportForm} ReportForm */

/** One person more or less is no mountain. */
const PEOPLE_MIN = 4;
/** A day that has just begun is no line across the whole chart. */
const STRETCH_S_MIN = 3600;

/** Colour, width and dashes of each curve: never told apart by colour alone. */
const CURVES = /** @type {const} */ ([
  { name: 'people_wait', colour: '--call', width: 3, dash: [] },
  { name: 'windows_wait', colour: '--primary', width: 3, dash: [8, 5] },
  { name: 'waiting', colour: '--ink-soft', width: 1.5, dash: [2, 3] },
  { name: 'entered', colour: '--green', width: 1.5, dash: [] },
]);

/** @param {ReportForm | null} report A hall without a counter at its door has no curve of who came in. */
function curvesOf(report) {
  return CURVES.filter(({ name }) => name !== 'entered' || (report?.total.entered ?? 0) > 0);
}

/** @returns {Pick<uPlot.Series, 'paths' | 'points'>} a curve that keeps its value until the next point */
function stepped() {
  const paths = uPlot.paths.stepped?.({ align: 1 });
  return { points: { show: false }, ...(paths === undefined ? {} : { paths }) };
}

/** `<waste-chart>`: set `report` and `zone`; it is as large as its place. */
class WasteChart extends PlotElement {
  /** @override @param {ReportForm} report @returns {uPlot.AlignedData} */
  data(report) {
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

  /** @override @returns {Omit<uPlot.Options, 'width' | 'height'>} */
  options() {
    return {
      padding: [8, 16, 0, 0],
      scales: { x: { range: atLeast(STRETCH_S_MIN) }, y: { range: upTo(PEOPLE_MIN) } },
      axes: [this.clockAxis(), this.countAxis()],
      series: [
        {},
        ...curvesOf(this.report).map(({ name, colour: stroke, width, dash }) => ({
          label: t(`manager.curve_${name}`),
          stroke: colour(stroke),
          width,
          dash: [...dash],
          ...stepped(),
        })),
      ],
    };
  }

  /** @override */
  legend() {
    return html`<ul class="legend">
      ${curvesOf(this.report).map(({ name }) => html`<li class="curve-${name}"><i></i>${t(`manager.curve_${name}`)}</li>`)}
    </ul>`;
  }

  /** @override */
  name() {
    return t('manager.curves_are');
  }
}

customElements.define('waste-chart', WasteChart);
