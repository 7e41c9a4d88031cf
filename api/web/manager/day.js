/** The day in figures: curves, and hour by hour. */

import { html, nothing } from 'lit';
import { clockText } from 'base/format.js';
import { t } from 'base/i18n.js';
import { waitsPanel } from './waits.js';
import { meanText, oneDecimal, windowsWait } from './words.js';
import './chart.js';
import './heat.js';

/**
 * @typedef {import('./types.js').Figures} Figures
 * @typedef {import('./types.js').PlanForm} PlanForm
 * @typedef {import('./types.js').ReportForm} ReportForm
 *
 * @typedef {object} Shown
 * @property {string} path Of the hall.
 * @property {ReportForm | null} report
 * @property {PlanForm} plan
 * @property {string} today
 * @property {string} trouble Why there is no report of that day.
 * @property {(day: string) => void} choose
 */

const CLOCK_CHARS = 5;

/** @param {ReportForm | null} report @param {PlanForm} plan */
export function curvePanel(report, plan) {
  return html`<section class="panel curves" aria-labelledby="curves">
    <header class="panel-head">
      <h2 id="curves">${t('manager.curves')}</h2>
      <p>${t('manager.curves_lead')}</p>
    </header>
    <waste-chart .report=${report} .zone=${plan.hall.timezone}></waste-chart>
  </section>`;
}

/** @param {Shown} shown */
export function dayPanel({ path, report, plan, today, trouble, choose }) {
  const chosen = (/** @type {Event} */ event) => {
    if (event.target instanceof HTMLInputElement && event.target.value !== '') choose(event.target.value);
  };
  return html`<div class="day">
    <label class="which-day">
      ${t('manager.which_day')}
      <input type="date" max=${today} .value=${report?.day ?? today} @change=${chosen} />
    </label>
    ${trouble === '' ? nothing : html`<p class="alert" role="alert">${trouble}</p>`} ${curvePanel(report, plan)}
    ${waitsPanel(report, plan)} ${report === null ? nothing : html`${hourTable(report, plan)} ${reviewLine(report)}`}
    <week-heat .path=${path}></week-heat>
  </div>`;
}

/** @param {ReportForm} report */
function reviewLine({ rectifications: { open, ended, excluded, overdue }, paper: { levels, unrated } }) {
  const sheets = Object.values(levels).reduce((sum, count) => sum + count, 0);
  return html`<p class="review-line">
    ${t('manager.day_rectify', { bad: open + ended + excluded, open, ended, excluded, overdue })}
    ${sheets + unrated === 0 ? nothing : t('manager.day_paper', { sheets, unrated })}
  </p>`;
}

/** @param {ReportForm} report @param {PlanForm} plan */
function hourTable(report, plan) {
  return html`<section class="panel hours" aria-labelledby="hours">
    <header class="panel-head">
      <h2 id="hours">${t('manager.hours_title')}</h2>
      <p>${t('manager.people_wait_means')} ${t('manager.windows_wait_means')}</p>
    </header>
    <table>
      <thead>
        <tr>
          <th scope="col">${t('manager.hour')}</th>
          ${counts(report) ? html`<th scope="col">${t('manager.entered')}</th>` : nothing}
          <th scope="col">${t('manager.tickets')}</th>
          <th scope="col">${t('manager.called')}</th>
          <th scope="col">${t('manager.served')}</th>
          <th scope="col">${t('manager.no_shows')}</th>
          <th scope="col">${t('manager.reviews')}</th>
          <th scope="col">${t('manager.mean_wait')}</th>
          <th scope="col">${t('manager.people_wait')}</th>
          <th scope="col">${t('manager.windows_wait')}</th>
        </tr>
      </thead>
      <tbody>
        ${report.hours.map((row) => html`<tr>
          <th scope="row" class="number">${hourText(row.hour, plan.hall.timezone)}</th>
          ${counted(row, report)} ${cells(row)}
        </tr>`)}
      </tbody>
      <tfoot>
        <tr>
          <th scope="row">${t('manager.total')}</th>
          ${counted(report.total, report)} ${cells(report.total)}
        </tr>
      </tfoot>
    </table>
    ${idlePanel(report, plan)}
  </section>`;
}

/** @param {ReportForm} report @returns {boolean} whether a counter at a door saw anybody */
function counts(report) {
  return report.total.entered > 0;
}

/** @param {Figures} figures @param {ReportForm} report */
function counted(figures, report) {
  return counts(report) ? html`<td class="entered">${figures.entered}</td>` : nothing;
}

/** @param {string} hour @param {string} zone @returns {string} e.g. `09:00` */
function hourText(hour, zone) {
  return clockText(hour, zone).padStart(CLOCK_CHARS, '0');
}

/** @param {Figures} figures */
function cells(figures) {
  return html`<td>${figures.tickets}</td>
    <td>${figures.called}</td>
    <td>${figures.served}</td>
    <td>${figures.no_shows}</td>
    <td>${figures.reviews}</td>
    <td>${meanText(figures.mean_wait_s)}</td>
    <td class="people-wait">${oneDecimal(figures.people_wait_min)}</td>
    <td class="windows-wait">${oneDecimal(windowsWait(figures))}</td>`;
}

/** @param {ReportForm} report @param {PlanForm} plan */
function idlePanel({ total }, plan) {
  const idle = Object.entries(total.windows_wait_min);
  if (idle.length === 0) return nothing;
  const label = (/** @type {string} */ id) => plan.windows.find((window) => window.id === id)?.label ?? id;
  return html`<p class="idle-by-window">
    ${t('manager.idle_by_window')}
    ${idle.map(([window, minutes]) => html`<span>${label(window)} <strong>${oneDecimal(minutes)}</strong></span>`)}
  </p>`;
}
