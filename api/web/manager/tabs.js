/**
 * The parts of the manager's page, in the order of the rail. Another part is one entry of `TABS`, its name
 * `manager.tab_<id>` in the catalogues, and whatever it draws: most are an element of their own file.
 */

import { html } from 'lit';
import Accessibility from 'lucide/accessibility.mjs';
import CalendarDays from 'lucide/calendar-days.mjs';
import ChartColumn from 'lucide/chart-column.mjs';
import FolderOpen from 'lucide/folder-open.mjs';
import LayoutDashboard from 'lucide/layout-dashboard.mjs';
import Megaphone from 'lucide/megaphone.mjs';
import MessageCircleWarning from 'lucide/message-circle-warning.mjs';
import MonitorSmartphone from 'lucide/monitor-smartphone.mjs';
import ReceiptText from 'lucide/receipt-text.mjs';
import SlidersHorizontal from 'lucide/sliders-horizontal.mjs';
import { curvePanel, dayPanel } from './day.js';
import { floorMap, queues, sums } from './floor.js';
import './aids.js';
import './cases.js';
import './device_health.js';
import './devices.js';
import './inspection.js';
import './notices.js';
import './papers.js';
import './print_jobs.js';
import './plan.js';
import './rectifications.js';
import './roster.js';

/**
 * @typedef {import('./types.js').ReportForm} ReportForm
 * @typedef {import('./types.js').Sight} Sight
 *
 * @typedef {object} Shown What a part may look at and do.
 * @property {string} path Of the hall, e.g. `/halls/demo`.
 * @property {Sight} sight The floor, the plan and the hall's time.
 * @property {ReportForm | null} report Today in figures.
 * @property {ReportForm | null} earlier The earlier day that is looked at.
 * @property {string} dayTrouble Why there is no report of the day that was asked for.
 * @property {(day: string) => void} choose Look at a day.
 * @property {import('./floor.js').Controls} controls Of the windows.
 * @property {() => void} refresh Read anew what a part has changed: the plan, the day.
 */

/** @satisfies {readonly {id: string, picture: import('base/icons.js').Drawing, panel: (shown: Shown) => unknown}[]} */
export const TABS = /** @type {const} */ ([
  { id: 'floor', picture: LayoutDashboard, panel: floorPart },
  { id: 'day', picture: ChartColumn, panel: dayPart },
  { id: 'roster', picture: CalendarDays, panel: rosterPart },
  { id: 'plan', picture: SlidersHorizontal, panel: planPart },
  { id: 'cases', picture: FolderOpen, panel: casePart },
  { id: 'rectifications', picture: MessageCircleWarning, panel: rectificationPart },
  { id: 'notices', picture: Megaphone, panel: noticePart },
  { id: 'papers', picture: ReceiptText, panel: paperPart },
  { id: 'aids', picture: Accessibility, panel: aidPart },
  { id: 'devices', picture: MonitorSmartphone, panel: devicePart },
]);

/** @typedef {(typeof TABS)[number]['id']} TabId */

/** @returns {TabId} the part of the page that the address names */
export function tabOfAddress() {
  return TABS.find(({ id }) => `#${id}` === location.hash)?.id ?? 'floor';
}

/** @param {TabId} id @param {number} step @returns {TabId} the part so many steps further on the rail, round its ends */
export function tabBeside(id, step) {
  const at = TABS.findIndex((tab) => tab.id === id);
  return TABS.at((at + step) % TABS.length)?.id ?? id;
}

/** @param {Shown} shown */
function floorPart({ sight, report, controls }) {
  return html`${sums(sight, report)}
    <div class="floor">
      <div class="map">${floorMap(sight, controls)} ${curvePanel(report, sight.plan)}</div>
      ${queues(sight)}
    </div>`;
}

/** @param {Shown} shown */
function dayPart({ path, sight, report, earlier, dayTrouble, choose }) {
  return dayPanel({
    path,
    report: earlier ?? report,
    plan: sight.plan,
    today: sight.floor.day,
    trouble: dayTrouble,
    choose,
  });
}

/** @param {Shown} shown */
function rosterPart({ path, sight, refresh }) {
  return html`<roster-editor .path=${path} .today=${sight.floor.day} @changed=${refresh}></roster-editor>`;
}

/** @param {Shown} shown */
function planPart({ path, sight, refresh }) {
  return html`<plan-editor .path=${path} .plan=${sight.plan} @changed=${refresh}></plan-editor>`;
}

/** @param {Shown} shown */
function casePart({ path }) {
  return html`<case-list .path=${path}></case-list>`;
}

/** @param {Shown} shown */
function rectificationPart({ path, sight }) {
  return html`<rectification-list
    .path=${path}
    .zone=${sight.plan.hall.timezone}
    .now_ms=${sight.now_ms}
  ></rectification-list>`;
}

/** @param {Shown} shown */
function noticePart({ path, sight }) {
  return html`<notice-form .path=${path} .plan=${sight.plan} .now_ms=${sight.now_ms}></notice-form>`;
}

/** @param {Shown} shown */
function paperPart({ path, sight }) {
  return html`<print-jobs .path=${path} .plan=${sight.plan}></print-jobs>
    <paper-preview .path=${path} .plan=${sight.plan}></paper-preview>`;
}

/** @param {Shown} shown */
function aidPart({ path, sight }) {
  return html`<aid-register
    .path=${path}
    .zone=${sight.plan.hall.timezone}
    .now_ms=${sight.now_ms}
  ></aid-register>`;
}

/** @param {Shown} shown */
function devicePart({ path, sight }) {
  return html`<device-health .path=${path} .plan=${sight.plan} .now_ms=${sight.now_ms}></device-health>
    <device-list .path=${path} .plan=${sight.plan} .now_ms=${sight.now_ms}></device-list>
    <inspection-list .path=${path} .plan=${sight.plan}></inspection-list>`;
}
