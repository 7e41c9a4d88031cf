/** Figures and names as a manager reads them. */

import { t } from 'base/i18n.js';

/** @typedef {import('./types.js').Figures} Figures */
/** @typedef {import('./types.js').PlanForm} PlanForm */

const SECOND_MS = 1000;
const MINUTE_S = 60;
const HOUR_MIN = 60;

/** @param {string} since @param {number} now_ms @returns {number} */
export function passedSeconds(since, now_ms) {
  return Math.max(0, Math.floor((now_ms - Date.parse(since)) / SECOND_MS));
}

/** @param {number} minutes @returns {string} e.g. `25 min`, `1 h 5 min` */
export function minutesText(minutes) {
  const whole = Math.round(minutes);
  if (whole < HOUR_MIN) return t('manager.minutes', { minutes: whole });
  return t('manager.hours', { hours: Math.floor(whole / HOUR_MIN), minutes: whole % HOUR_MIN });
}

/** @param {string} since @param {number} now_ms @returns {string} whole minutes that have passed */
export function sinceText(since, now_ms) {
  return minutesText(Math.floor(passedSeconds(since, now_ms) / MINUTE_S));
}

/** @param {number | null} seconds @returns {string} minutes with one decimal, a dash for none */
export function meanText(seconds) {
  return seconds === null ? t('manager.none') : oneDecimal(seconds / MINUTE_S);
}

/** @param {number} value @returns {string} */
export function oneDecimal(value) {
  return value.toFixed(1);
}

/** @param {Figures} figures @returns {number} minutes that all windows together waited for people */
export function windowsWait(figures) {
  return Object.values(figures.windows_wait_min).reduce((sum, minutes) => sum + minutes, 0);
}

/** @param {string} code @param {PlanForm} plan @returns {string} */
export function serviceName(code, plan) {
  const service = plan.services.find((each) => each.code === code);
  return service?.short_name || service?.name || code;
}

/** @param {readonly string[]} codes @param {PlanForm} plan @returns {string} */
export function serviceNames(codes, plan) {
  return codes.map((code) => serviceName(code, plan)).join(t('base.list_comma'));
}
