/**
 * What the hall offers, as the controller tells it, and how it is put in order here.
 *
 * @typedef {import('base/types.js').Board} Board
 * @typedef {import('base/types.js').Field} Field
 * @typedef {import('base/types.js').Wait} Wait
 *
 * @typedef {object} Offer A service or a package; waits are those of somebody who takes a ticket now.
 * @property {string} code
 * @property {'service' | 'package'} kind
 * @property {string} name
 * @property {string} short_name
 * @property {string[]} aliases What people call it.
 * @property {string[]} initials First letters by pinyin of each of its names.
 * @property {Field | null} field
 * @property {string} department
 * @property {string | null} special
 * @property {string[]} conditions
 * @property {{name: string, secondary: boolean, note: string}[]} materials
 * @property {number} promised_days
 * @property {string} online
 * @property {string[]} services Of a package: names of what it holds.
 * @property {number} waiting
 * @property {number} ahead
 * @property {Wait} wait
 * @property {number | null} left Tickets left in this half of the day; `null` without a quota.
 * @property {string | null} next_at When there are some again, where none is left.
 *
 * @typedef {object} Offers
 * @property {string} name
 * @property {string} timezone
 * @property {boolean} open
 * @property {string | null} opens_at
 * @property {boolean} books Whether places may be booked ahead.
 * @property {Offer[]} services
 * @property {import('./paper.js').Outlook | null} [paper] Of the machine that was named.
 *
 * @typedef {Field | 'packages'} Group
 */

/** @type {readonly Group[]} */
export const GROUPS = ['social', 'livelihood', 'rural', 'packages'];

/** Most results of a search that are shown: more letters make them fewer. */
const RESULTS_MAX = 8;

/** @param {Offer} offer @returns {Group} */
function groupOf(offer) {
  return offer.field ?? 'packages';
}

/**
 * @param {Offer[]} offers
 * @param {Group} group
 */
export function inGroup(offers, group) {
  return offers.filter((offer) => groupOf(offer) === group);
}

/** @param {Offer} offer What people call it first, where there are short words for it. */
export function titleOf(offer) {
  return offer.short_name || offer.name;
}

/**
 * What people look for by the first letters of each syllable: names that begin so, then names that hold it.
 *
 * @param {Offer[]} offers
 * @param {string} typed Letters and digits in lower case.
 */
export function found(offers, typed) {
  if (typed === '') return [];
  const begins = offers.filter((offer) => offer.initials.some((letters) => letters.startsWith(typed)));
  const holds = offers.filter((offer) => !begins.includes(offer) && offer.initials.some((one) => one.includes(typed)));
  return [...begins, ...holds].slice(0, RESULTS_MAX);
}

/**
 * How many wait for an offer, by the live board where there is one.
 *
 * @param {Offer} offer
 * @param {Board | null} board `null` while nothing true is known: then no count is shown, rather than an old one.
 */
export function waitingFor(offer, board) {
  if (board === null) return null;
  return offer.kind === 'service' ? (board.waiting_by_service[offer.code] ?? 0) : offer.waiting;
}
