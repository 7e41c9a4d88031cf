/**
 * The sign over one window, as an element: `<led-sign>`.
 *
 * Shows exactly the dots that the controller has made. `pixels()` reads them back from the glass. What the page says of
 * its own (label, connection) stands outside of the dots.
 */

import { html, nothing } from 'lit';
import { HallClock } from 'base/clock.js';
import { PartElement } from 'base/element.js';
import { t } from 'base/i18n.js';
import { LiveSocket } from 'base/socket.js';
import { LIT_MIN, PALETTE } from './colours.js';
import { decodeDots, drawDots, readDots, runThrough } from './dots.js';

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

/** A picture that moves is looked at this often. */
const FRAME_MS = 40;
/** WCAG 2.2, 2.3.1, whatever the board says. */
const FLASH_HZ_MAX = 3;
/** A window that the plan does not have now may be there later, and nobody reloads a sign. */
const REFUSED_MS = 30000;

/** `<led-sign>`: set `hall` and `window`; `among` and `planned` where it is one of a wall of signs. */
export class LedSign extends PartElement {
  static properties = {
    hall: { attribute: false },
    window: { attribute: false },
    among: { attribute: false },
    planned: { attribute: false },
    board: { state: true },
    connection: { state: true },
    refused: { state: true },
    broken: { state: true },
  };

  constructor() {
    super();
    this.hall = '';
    this.window = '';
    /** Whether it is one of a wall of signs. */
    this.among = false;
    /** @type {{width: number, height: number} | null} its dots by the plan, until a board tells */
    this.planned = null;
    /** @type {Board | null} */
    this.board = null;
    /** @type {Connection} */
    this.connection = 'connecting';
    this.refused = false;
    /** Whether the board's bitmap made no sense. */
    this.broken = false;
    /** @type {Dots | null} */
    this.dots = null;
    /** @type {Dots | null} what runs through the sign, where nothing fits it */
    this.strip = null;
    this.cell_px = 0;
    this.frames = 0;
    this.again = 0;
    /** @type {LiveSocket | null} */
    this.socket = null;
    this.size = new ResizeObserver(() => this.requestUpdate());
    this.clock = new HallClock();
    this.since_ms = 0;
    this.drawn = '';
  }

  /** @override */
  connectedCallback() {
    super.connectedCallback();
    this.size.observe(document.documentElement);
    this.frames = setInterval(() => this.#draw(), FRAME_MS);
    this.#follow();
  }

  /** @override */
  disconnectedCallback() {
    super.disconnectedCallback();
    clearInterval(this.frames);
    clearTimeout(this.again);
    this.size.disconnect();
    this.socket?.close();
  }

  #follow() {
    const path = `/ws/v1/halls/${encodeURIComponent(this.hall)}/leds/${encodeURIComponent(this.window)}`;
    this.socket = new LiveSocket(path, {
      board: (board) => this.#show(board),
      connection: (connection) => {
        this.connection = connection;
      },
      refused: () => {
        this.refused = true;
        this.again = setTimeout(() => this.#follow(), REFUSED_MS);
      },
    });
    this.socket.open();
  }

  /** @param {Board} board @returns {Promise<unknown>} when it is on the canvas */
  #show(board) {
    this.board = board;
    this.refused = false;
    this.broken = false;
    this.dots = null;
    this.strip = null;
    this.since_ms = Date.now();
    if (board.at) this.clock.observe(board.at);
    try {
      const { scroll } = board;
      if (typeof board.bitmap === 'string') this.dots = decodeDots(board.bitmap, board.width ?? 0, board.height ?? 0);
      if (scroll?.bitmap) this.strip = decodeDots(scroll.bitmap, scroll.width, board.height ?? 0);
    } catch (error) {
      console.error('The bitmap cannot be shown.', error);
      this.dots = null;
      this.broken = true;
    }
    this.drawn = '';
    return this.updateComplete;
  }

  /**
   * What the glass shows at this moment, and a name for it.
   *
   * @param {Dots} dots
   * @returns {[Dots, string]}
   */
  #frame(dots) {
    const { scroll } = this.board ?? {};
    if (this.strip !== null && scroll) {
      const shift = Math.floor(((Date.now() - this.since_ms) / 1000) * scroll.dots_s);
      return [runThrough(this.strip, dots.width, shift), `run ${shift}`];
    }
    return [dots, 'still'];
  }

  /** A new call flashes: the whole glass goes dim, so that its dots can be read back all the while. */
  #flash() {
    const { flash } = this.board ?? {};
    const flashes = this.connection === 'live' && Boolean(flash) && this.clock.now_ms() < Date.parse(flash?.until ?? '');
    const canvas = this.querySelector('canvas');
    if (!canvas || canvas.classList.contains('flashing') === flashes) return;
    canvas.style.setProperty('--flash-s', String(1 / Math.min(flash?.hz ?? 1, FLASH_HZ_MAX)));
    canvas.classList.toggle('flashing', flashes);
  }

  /** @override */
  updated() {
    this.style.setProperty('--dots-across', String(this.board?.width ?? this.planned?.width ?? 0));
    this.style.setProperty('--dots-down', String(this.board?.height ?? this.planned?.height ?? 0));
    this.drawn = '';
    this.#draw();
  }

  /** Draw in cells of whole pixels of the screen, as large as there is room for. */
  #draw() {
    this.#flash();
    const canvas = this.querySelector('canvas');
    const place = canvas?.parentElement;
    if (!canvas || !place || this.dots === null) return;
    const [frame, name] = this.#frame(this.dots);
    if (name === this.drawn) return;
    this.drawn = name;
    const { width, height } = this.dots;
    const ratio = devicePixelRatio;
    const room = Math.min((place.clientWidth * ratio) / width, (place.clientHeight * ratio) / height);
    this.cell_px = Math.max(1, Math.floor(room));
    drawDots(canvas, frame, this.cell_px, PALETTE[this.board?.colour ?? 'red'] ?? PALETTE.red);
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
    const label = board?.label ?? this.window;
    return html`<section class="sign ${stale ? 'stale-sign' : ''}" data-connection=${this.connection}>
      <header class="sign-head">
        ${this.among ? html`<h2>${label}</h2>` : html`<h1>${label}</h1>`}
        <p role="status">${this.#state()}</p>
      </header>
      <div class="sign-glass">
        ${board === null || this.refused ? nothing : this.#glass(board)}
      </div>
    </section>`;
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
    return html`<canvas role="img" aria-label=${board.scroll?.text ?? board.text ?? ''}></canvas>`;
  }
}

customElements.define('led-sign', LedSign);
