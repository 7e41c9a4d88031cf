/** The colours of a sign's dots. A test works out how well each stands out from the dark. */

/** @typedef {{lit: string, dark: string, ground: string}} Colours Of a lit dot, of a dark one, and between the dots. */

const GROUND = '#0a0808';

/** @type {{red: Colours} & Record<string, Colours>} by the board's `colour` */
export const PALETTE = {
  red: { lit: '#ff4a1c', dark: '#2a1512', ground: GROUND },
  green: { lit: '#3ddc57', dark: '#10240f', ground: GROUND },
  yellow: { lit: '#ffc21a', dark: '#2a2310', ground: GROUND },
  white: { lit: '#f4f6ff', dark: '#202126', ground: GROUND },
};

/** Brightness of the brightest colour of a dot, 0 to 255, from which it counts as lit: lit ones have more than 200. */
export const LIT_MIN = 140;
