/** Letters as large as their place allows: the stylesheet divides the place by the width of the text. */

import { ref } from 'lit/directives/ref.js';

/** Widths in em, generous for the bold digits and capitals of the fonts of `--font`. */
const EM_WIDE = 1;
const EM_NARROW = 0.66;
const WIDE = /[\u1100-\u115f\u2010-\u2027\u2e80-\u9fff\uac00-\ud7a3\uf900-\ufaff\uff00-\uff60\uffe0-\uffe6]/u;

/** @param {string} text @returns {number} its width in em, not below one */
export function textEms(text) {
  let ems = 0;
  for (const character of text) ems += WIDE.test(character) ? EM_WIDE : EM_NARROW;
  return Math.max(ems, EM_WIDE);
}

/**
 * An element part that tells the stylesheet how wide a text is, as `--ems`.
 *
 * Set through the object model: a strict Content-Security-Policy forbids style attributes.
 *
 * @param {string} text
 */
export function sized(text) {
  const ems = textEms(text).toFixed(2);
  return ref((element) => {
    if (element instanceof HTMLElement) element.style.setProperty('--ems', ems);
  });
}
