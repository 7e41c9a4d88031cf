/**
 * The sign over a window, for a screen that stands in for it: `/led/{hall}/{window}`.
 *
 * Shows exactly the dots that the controller has made. `ledPixels()` reads them back from the glass. What the page says
 * of its own (label, connection) stands outside of the dots.
 */

import { html, nothing } from 'lit';
import { PageElement, pathParts, startPage } from 'base/element.js';
import { t } from 'base/i18n.js';
import { LiveSocket } from 'base/socket.js';
import { decodeDots, drawDots, readDots } from './dots.js';

/**
 * @typedef {import('base/types.js').Board & {label?: string}} Board
 * @typedef {import('base/socket.js').Connection} Connection
 * @typedef {import('./dots.js').Dots} Dots
 *
 * @typedef {object} Pixels What stands on the glass.
 * @property {number} seq
 * @property {number} width
 * @property {number} height
 * @property {string[]} rows `1` for a lit dot, `0` for a dark one.
 * @property {boolean} stale Whether the connection is lost, and the sign dimmed.
 */

const COLOURS = { lit: '#ff4a1c', dark: '#2a1512', ground: '#0c0808' };
/** Halfway between the red of a lit and of a dark dot. */
const LIT_MIN = 148;
/** A window that the plan does not have now may be there later, and nobody reloads a sign. */
const REFUSED_MS = 30000;

/** The page. */
class LedPage extends PageElement {
  static properties = {
    board: { state: true },
    connection: { state: true },
    refused: { state: true },
    broken: { state: true },
  };

  constructor() {
    super();
    const parts = pathParts('/led/{hall}/{window}');
    this.hall = parts['hall'] ?? '';
    this.window = parts['window'] ?? '';
    /** @type {Board | null} */
    this.board = null;
    /** @type {Connection} */
    this.connection = 'connecting';
    this.refused = false;
    /** Whether the board's bitmap made no sense. */
    this.broken = false;
    /** @type {Dots | null} */
    this.dots = null;
    this.cell_px = 0;
  }

  /** @override */
  connectedCallback() {
    super.connectedCallback();
    new ResizeObserver(() => this.#draw()).observe(document.documentElement);
    Object.assign(window, { ledPixels: () => this.pixels() });
    this.#follow();
  }

  /** @override */
  pageTitle() {
    return t('led.title');
  }

  #follow() {
    const path = `/ws/v1/halls/${encodeURIComponent(this.hall)}/leds/${encodeURIComponent(this.window)}`;
    new LiveSocket(path, {
      board: (board) => this.#show(board),
      connection: (connection) => {
        this.connection = connection;
      },
      refused: () => {
        this.refused = true;
        setTimeout(() => this.#follow(), REFUSED_MS);
      },
    }).open();
  }

  /** @param {Board} board @returns {Promise<unknown>} when it is on the canvas */
  #show(board) {
    this.board = board;
    this.refused = false;
    this.broken = false;
    this.dots = null;
    if (typeof board.bitmap === 'string') {
      try {
        this.dots = decodeDots(board.bitmap, board.width ?? 0, board.height ?? 0);
      } catch (error) {
        console.error('The bitmap cannot be shown.', error);
        this.broken = true;
      }
    }
    return this.updateComplete;
  }

  /** @override */
  updated() {
    this.#draw();
  }

  /** Draw in cells of whole pixels of the screen, as large as there is room for. */
  #draw() {
    const canvas = this.querySelector('canvas');
    const place = canvas?.parentElement;
    if (!canvas || !place || this.dots === null) return;
    const { width, height } = this.dots;
    const ratio = devicePixelRatio;
    const room = Math.min((place.clientWidth * ratio) / width, (place.clientHeight * ratio) / height);
    this.cell_px = Math.max(1, Math.floor(room));
    drawDots(canvas, this.dots, this.cell_px, COLOURS);
    canvas.style.width = `${(width * this.cell_px) / ratio}px`;
    canvas.style.height = `${(height * this.cell_px) / ratio}px`;
    canvas.dataset['seq'] = String(this.board?.seq ?? 0);
  }

  /** @returns {Pixels | null} read from the canvas; none while there are no dots on the glass */
  pixels() {
    const canvas = this.querySelector('canvas');
    if (canvas === null || this.cell_px === 0 || this.dots === null) return null;
    const rows = readDots(canvas, this.cell_px, LIT_MIN);
    return {
      seq: Number(canvas.dataset['seq']),
      width: rows[0]?.length ?? 0,
      height: rows.length,
      rows,
      stale: this.connection !== 'live',
    };
  }

  /** @override */
  render() {
    const board = this.board;
    const stale = this.connection === 'stale' && board !== null;
    return html`<main class="sign ${stale ? 'stale-sign' : ''}" data-connection=${this.connection}>
      <header class="sign-head">
        <h1>${board?.label ?? this.window}</h1>
        <p role="status">${this.#state()}</p>
      </header>
      <div class="sign-glass">
        ${board === null || this.refused ? nothing : this.#glass(board)}
      </div>
    </main>`;
  }

  #state() {
    if (this.refused) return t('led.unknown', { window: this.window });
    if (this.board === null) return t('led.connecting');
    if (this.connection === 'stale') return t('led.lost');
    if (this.broken) return t('led.broken');
    return this.board.bitmap ? nothing : t('led.no_font');
  }

  /** @param {Board} board */
  #glass(board) {
    if (this.dots === null) return html`<p class="sign-text">${board.text ?? nothing}</p>`;
    return html`<canvas role="img" aria-label=${board.text ?? ''}></canvas>`;
  }
}

await startPage('led-page', LedPage);
