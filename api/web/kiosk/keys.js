/** What is typed: letters of a search, the code of an appointment; on the screen or on a keyboard. */

import { CODE_DIGITS } from './booking.js';

/** @typedef {import('./view.js').View} View */

/** Letters of a search that are taken: longer than any name of a service. */
const LETTERS_MAX = 24;

/**
 * @param {View} view
 * @param {string} typed All that stands there then.
 * @returns {View} the same where nothing is typed now
 */
export function withTyped(view, typed) {
  if (view.kind === 'search') return { kind: 'search', typed: typed.slice(0, LETTERS_MAX) };
  if (view.kind !== 'check_in' || view.busy) return view;
  return { ...view, code: typed.slice(0, CODE_DIGITS), trouble: '' };
}

/**
 * @param {View} view
 * @param {string} key Of a keyboard.
 * @returns {View}
 */
export function withKey(view, key) {
  if (view.kind !== 'search' && view.kind !== 'check_in') return view;
  const before = view.kind === 'search' ? view.typed : view.code;
  const letter = key.toLowerCase();
  if (key === 'Backspace') return withTyped(view, before.slice(0, -1));
  return (view.kind === 'search' ? /^[a-z0-9]$/ : /^\d$/).test(letter) ? withTyped(view, before + letter) : view;
}
