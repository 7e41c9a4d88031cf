/**
 * Icons of Lucide beside words, as inline SVG that takes the size and the colour of the text around it; and the faces of
 * the review levels. A page imports each icon that it shows, `import Ticket from 'lucide/ticket.mjs'`, and no other is loaded.
 */

import { html, svg } from 'lit';
import { svg as fixedSvg, unsafeStatic } from 'lit/static-html.js';

/**
 * @typedef {import('base/types.js').Level} Level
 * @typedef {readonly (readonly [tag: string, attributes: Readonly<Record<string, string | number>>])[]} Drawing
 */

/** @param {Drawing} drawing The hall's own file, never what somebody typed: so it may become markup as it is. */
function marks(drawing) {
  return drawing
    .map(([tag, given]) => `<${tag} ${Object.entries(given).map(([name, value]) => `${name}="${value}"`).join(' ')}/>`)
    .join('');
}

/**
 * An icon beside words; hidden from screen readers, for the words say it.
 *
 * @param {Drawing} drawing
 */
export function icon(drawing) {
  return html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true">${fixedSvg`${unsafeStatic(marks(drawing))}`}</svg>`;
}

/** Mouths from worst to best; the words beside a face carry the meaning, never the face or its colour alone. */
const MOUTHS = {
  1: svg`<path d="M20 47c5-10 19-10 24 0"/><path d="M17 20l9 5M47 20l-9 5"/>`,
  2: svg`<path d="M21 45c5-6 17-6 22 0"/>`,
  3: svg`<path d="M21 43h22"/>`,
  4: svg`<path d="M20 40c5 7 19 7 24 0"/>`,
  5: svg`<path d="M18 38h28c-1 8-7 12-14 12s-13-4-14-12z" class="face-fill"/>`,
};

/**
 * The face of a review level.
 *
 * @param {Level} level
 */
export function face(level) {
  return html`<svg class="face face-${level}" viewBox="0 0 64 64" aria-hidden="true">
    <circle class="face-ground" cx="32" cy="32" r="29" />
    <circle class="face-eye" cx="23" cy="28" r="3" />
    <circle class="face-eye" cx="41" cy="28" r="3" />
    ${MOUTHS[level]}
  </svg>`;
}
