/** What a screen does when somebody looks for it: its id, large, over everything, flashing once a second. */

const FRAME = [
  { backgroundColor: 'var(--primary)', color: 'var(--primary-ink)' },
  { backgroundColor: 'var(--cue)', color: 'var(--cue-ink)' },
];
const FLASH_MS = 1000;

/**
 * Show a screen's id over the page for a while.
 *
 * @param {string} text
 * @param {number} seconds
 */
export function identify(text, seconds) {
  document.querySelector('.identify')?.remove();
  const sign = document.createElement('div');
  sign.className = 'identify';
  sign.setAttribute('role', 'alert');
  sign.textContent = text;
  Object.assign(sign.style, {
    position: 'fixed',
    inset: '0',
    zIndex: '1000',
    display: 'grid',
    placeItems: 'center',
    padding: '4vw',
    textAlign: 'center',
    overflowWrap: 'anywhere',
    font: '700 clamp(2rem, 10vw, 12rem) / 1.1 sans-serif',
    ...FRAME[0],
  });
  document.body.append(sign);
  if (!matchMedia('(prefers-reduced-motion: reduce)').matches)
    sign.animate(FRAME, { duration: FLASH_MS, iterations: Infinity, easing: 'steps(2, jump-none)' });
  setTimeout(() => sign.remove(), seconds * 1000);
}
