/** Drawings of our own, as inline SVG that takes the colour of the text around it. */

import { svg, html } from 'lit';

/** @typedef {import('base/types.js').Level} Level */

const STROKES = {
  back: svg`<path d="M15 5l-7 7 7 7"/>`,
  check: svg`<path d="M4 12.5l5.5 5.5L20 7"/>`,
  clock: svg`<circle cx="12" cy="12" r="9"/><path d="M12 7v5.5l3.5 2"/>`,
  down: svg`<path d="M6 9l6 6 6-6"/>`,
  heart: svg`<path d="M12 20s-7.5-4.6-7.5-10.2A4.3 4.3 0 0 1 12 7a4.3 4.3 0 0 1 7.5 2.8C19.5 15.4 12 20 12 20z"/>`,
  kiosk: svg`<rect x="6" y="2.5" width="12" height="13" rx="1.5"/><path d="M9.5 12h5M12 15.5V21M8 21.5h8"/>`,
  led: svg`<rect x="2" y="8" width="20" height="8" rx="1.5"/><path d="M6 12h.01M9 12h.01M12 12h.01M15 12h.01M18 12h.01"/>`,
  pad: svg`<rect x="4" y="3" width="16" height="18" rx="2"/><path d="M8.5 13.5c1.8 2.4 5.2 2.4 7 0M9 9h.01M15 9h.01"/>`,
  people: svg`<circle cx="9" cy="8" r="3.5"/><path d="M2.5 20c.4-4 3-6 6.5-6s6.1 2 6.5 6M16 5a3.5 3.5 0 0 1 0 6.6M18 14.6c2 .9 3.2 2.7 3.5 5.4"/>`,
  person: svg`<circle cx="12" cy="8" r="4"/><path d="M4.5 21c.5-4.6 3.4-7 7.5-7s7 2.4 7.5 7"/>`,
  sound: svg`<path d="M4 9.5v5h3.5L12 18.5V5.5L7.5 9.5zM15.5 9a4.2 4.2 0 0 1 0 6M18 6.5a8 8 0 0 1 0 11"/>`,
  tv: svg`<rect x="2.5" y="4" width="19" height="13" rx="1.5"/><path d="M8 21h8"/>`,
  wrench: svg`<path d="M14.5 6.5a4 4 0 0 1 5.2-2.6l-2.5 2.5.4 2.4 2.4.4 1.7-1.7a4 4 0 0 1-5.3 4.6L8.6 20a2.1 2.1 0 0 1-3-3l8-7.800z"/>`,
};

/**
 * A small drawing beside words; hidden from screen readers, for the words say it.
 *
 * @param {keyof typeof STROKES} name
 */
export function icon(name) {
  return html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true">${STROKES[name]}</svg>`;
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
