/** Long texts, part by part: what has no room on the glass at once is shown in turn, and nothing is ever cut off. */

import { textEms } from './sized.js';

/** Each part stands for this long: enough to be read twice. */
const PART_MS = 5000;
/** A part ends rather here than within a word. */
const BREAKS = /[\s，。；：！？、,.;:!?)）》”]/u;

/**
 * Parts of a text, none wider than a line.
 *
 * @param {string} text
 * @param {number} ems Width of the line.
 * @returns {string[]} at least one
 */
export function parts(text, ems) {
  /** @type {string[]} */
  const found = [];
  let rest = text.trim();
  while (textEms(rest) > ems) {
    const characters = [...rest];
    let count = characters.length;
    while (count > 1 && textEms(characters.slice(0, count).join('')) > ems) count -= 1;
    let end = count;
    while (end > count / 2 && !BREAKS.test(characters[end - 1] ?? '')) end -= 1;
    const cut = end > count / 2 ? end : count;
    found.push(characters.slice(0, cut).join('').trim());
    rest = characters.slice(cut).join('').trim();
  }
  return rest === '' && found.length > 0 ? found : [...found, rest];
}

/**
 * The part of a text whose turn it is.
 *
 * @param {string} text
 * @param {number} ems Width of the line.
 * @param {number} now_ms
 * @returns {string}
 */
export function part(text, ems, now_ms) {
  const all = parts(text, ems);
  return all[Math.floor(now_ms / PART_MS) % all.length] ?? '';
}

/**
 * The line of several texts whose turn it is: each text is shown whole, part by part, before the next begins.
 *
 * @param {readonly string[]} texts
 * @param {number} ems
 * @param {number} now_ms
 * @returns {string | undefined} none where there is no text
 */
export function lineOf(texts, ems, now_ms) {
  const all = texts.flatMap((text) => parts(text, ems));
  return all[Math.floor(now_ms / PART_MS) % Math.max(all.length, 1)];
}

/** @returns {boolean} whether the glass stands upright */
export function isPortrait() {
  return innerHeight > innerWidth;
}
