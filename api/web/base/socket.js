/**
 * Live updates: whole boards over a WebSocket that comes back by itself.
 *
 * A lost connection is told at once (`stale`): a page then says that what it shows may be old. Once the controller
 * has sent a `heartbeat`, silence counts as loss too, on this connection and on every later one: one that dies before
 * its first heartbeat would otherwise leave an old board on the glass for good.
 *
 * @typedef {import('base/types.js').Board} Board
 * @typedef {import('base/types.js').Announcement} Announcement
 * @typedef {import('base/types.js').PhoneTicket} PhoneTicket
 * @typedef {'connecting' | 'live' | 'stale'} Connection
 *
 * @typedef {object} Listeners
 * @property {(board: Board) => unknown} [board] May return a promise of having rendered.
 * @property {(announcement: Announcement) => unknown} [announcement]
 * @property {(ticket: PhoneTicket) => unknown} [ticket]
 * @property {(connection: Connection) => unknown} [connection]
 * @property {(code: number) => unknown} [refused] The controller closed the connection for good (4000–4999).
 */

import { identify } from './identify.js';

const BACKOFF_FIRST_MS = 400;
const BACKOFF_MAX_MS = 4000;
/** Silence after which a connection that has heartbeats is given up. */
const SILENCE_MAX_MS = 15000;
const OPENING_MAX_MS = 8000;
/** A page that is told to begin anew first lets its answer leave. */
const RELOAD_MS = 300;
/** Close codes by which the controller says that asking again is useless: unknown hall, window or ticket. */
const REFUSED_CODES = [4404];

/**
 * Run a function once the browser has painted what is rendered now.
 *
 * @param {() => void} then
 */
export function afterPaint(then) {
  requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => {
      channel.port1.close();
      then();
    };
    channel.port2.postMessage(null);
  });
}

/** One live connection to the controller, reopened until it is closed. */
export class LiveSocket {
  /**
   * @param {string} path E.g. `/ws/v1/halls/demo/boards/tv-1`.
   * @param {Listeners} listeners
   * @param {{reportsShown?: boolean}} [options] A screen that people read calls from reports what is on its glass;
   *   a kiosk or a pad passes `reportsShown: false`, for its painting says nothing about press to glass.
   */
  constructor(path, listeners, { reportsShown = true } = {}) {
    this.path = path;
    this.listeners = listeners;
    this.reportsShown = reportsShown;
    /** @type {Connection} */
    this.connection = 'connecting';
    /** @type {WebSocket | null} */
    this.socket = null;
    this.seq = 0;
    this.failures = 0;
    this.closed = false;
    this.timer = 0;
    this.watchdog = 0;
    /** Whether the controller is one that sends heartbeats. */
    this.beats = false;
    this.offline = () => this.#drop();
    this.online = () => this.#open();
  }

  /** Start; boards arrive until `close()`. */
  open() {
    addEventListener('offline', this.offline);
    addEventListener('online', this.online);
    this.#open();
  }

  /** Stop for good. */
  close() {
    this.closed = true;
    removeEventListener('offline', this.offline);
    removeEventListener('online', this.online);
    clearTimeout(this.timer);
    clearTimeout(this.watchdog);
    this.socket?.close();
    this.socket = null;
  }

  #open() {
    if (this.closed || this.socket !== null) return;
    clearTimeout(this.timer);
    const address = new URL(this.path, location.href);
    address.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';
    if (this.seq > 0) address.searchParams.set('after', String(this.seq));
    const socket = new WebSocket(address);
    this.socket = socket;
    this.#watch(OPENING_MAX_MS);
    socket.onmessage = (event) => this.#receive(socket, event.data);
    socket.onclose = (event) => this.#lost(socket, event.code);
  }

  /** @param {number} silence_ms */
  #watch(silence_ms) {
    clearTimeout(this.watchdog);
    this.watchdog = setTimeout(() => this.#drop(), silence_ms);
  }

  /** Give up the present connection without waiting for the network to agree. */
  #drop() {
    const socket = this.socket;
    if (socket === null) return;
    socket.close();
    this.#lost(socket, 1006);
  }

  /** @param {WebSocket} socket @param {number} code */
  #lost(socket, code) {
    if (this.closed || socket !== this.socket) return;
    this.socket = null;
    clearTimeout(this.watchdog);
    this.#tell('stale');
    if (REFUSED_CODES.includes(code)) {
      this.close();
      this.listeners.refused?.(code);
      return;
    }
    const ceiling_ms = Math.min(BACKOFF_MAX_MS, BACKOFF_FIRST_MS * 2 ** Math.min(this.failures, 10));
    this.failures += 1;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.#open(), ceiling_ms * (0.5 + Math.random() / 2));
  }

  /** @param {Connection} connection */
  #tell(connection) {
    if (connection === this.connection) return;
    this.connection = connection;
    this.listeners.connection?.(connection);
  }

  /** @param {WebSocket} socket @param {string} text */
  #receive(socket, text) {
    if (socket !== this.socket) return;
    const message = JSON.parse(text);
    this.failures = 0;
    this.beats ||= message.type === 'heartbeat';
    if (this.beats) this.#watch(SILENCE_MAX_MS);
    else clearTimeout(this.watchdog);
    if (message.type === 'board') this.#board(socket, message);
    else if (message.type === 'announcement') this.listeners.announcement?.(message);
    else if (message.type === 'ticket') this.listeners.ticket?.(message);
    else if (message.type === 'identify') {
      identify(message.text, message.seconds);
      this.#send(socket, { type: 'done', id: message.id });
    } else if (message.type === 'reload') {
      this.#send(socket, { type: 'done', id: message.id });
      setTimeout(() => location.reload(), RELOAD_MS);
    }
    if (message.type !== 'announcement') this.#tell('live');
  }

  /** @param {WebSocket} socket @param {Board} board */
  #board(socket, board) {
    this.seq = board.seq;
    Promise.resolve(this.listeners.board?.(board))
      .then(() => this.reportsShown && afterPaint(() => this.#shown(socket, board.seq)))
      .catch((error) => console.error('board not rendered', error));
  }

  /** @param {WebSocket} socket @param {number} seq */
  #shown(socket, seq) {
    this.#send(socket, { type: 'shown', seq });
  }

  /** @param {WebSocket} socket @param {object} message */
  #send(socket, message) {
    if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
  }
}
