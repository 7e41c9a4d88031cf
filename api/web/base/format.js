/** Values as people read them, in the page's language. */

import { language, t } from 'base/i18n.js';

/** @typedef {import('base/types.js').Wait} Wait */

const MINUTE_S = 60;
const DAY_MS = 86400000;

/**
 * A wait as a range of whole minutes: a single figure would promise what nobody knows.
 *
 * @param {Wait} wait
 * @returns {string}
 */
export function waitText(wait) {
  const low = Math.floor(wait.p50_s / MINUTE_S);
  const high = Math.max(low, Math.ceil(wait.p90_s / MINUTE_S));
  if (high <= 1) return t('base.wait_short');
  if (low < 1) return t('base.wait_below', { high });
  return low === high ? t('base.wait_about', { low }) : t('base.wait_range', { low, high });
}

/**
 * Hours and minutes of a moment, in the device's own zone or a named one.
 *
 * @param {string | Date} moment RFC 3339 text or a date.
 * @param {string} [timeZone] IANA name.
 * @returns {string}
 */
export function clockText(moment, timeZone) {
  return new Intl.DateTimeFormat(language(), {
    hour: '2-digit',
    minute: '2-digit',
    hour12: false,
    ...(timeZone === undefined ? {} : { timeZone }),
  }).format(new Date(moment));
}

/** Names of months and weekdays are short where they are words; a Chinese reader expects them whole. @returns {'long' | 'short'} */
function nameLength() {
  return language() === 'zh-CN' ? 'long' : 'short';
}

/**
 * A day with its weekday.
 *
 * @param {string | Date} moment
 * @param {string} [timeZone]
 * @returns {string}
 */
export function dayText(moment, timeZone) {
  return new Intl.DateTimeFormat(language(), {
    year: 'numeric',
    month: nameLength(),
    day: 'numeric',
    weekday: nameLength(),
    ...(timeZone === undefined ? {} : { timeZone }),
  }).format(new Date(moment));
}

/**
 * A moment of today or of a day before.
 *
 * @param {string} at RFC 3339 text.
 * @param {string} zone IANA name.
 * @param {number} now_ms
 * @returns {string} with its day, if that is over
 */
export function momentText(at, zone, now_ms) {
  const time = clockText(at, zone);
  return now_ms - Date.parse(at) < DAY_MS ? time : `${dayText(at, zone)} ${time}`;
}
