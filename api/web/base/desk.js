/**
 * What the pages of those who work in a hall share: who is signed in, the plan, and a state that is read anew with each
 * board of the WebSocket.
 */

import { html, nothing } from 'lit';
import { detailOf, get, getPatiently, isAway } from 'base/api.js';
import { HallClock, everySecond } from 'base/clock.js';
import { PageElement } from 'base/element.js';
import { signInFor, signedIn } from 'base/session.js';
import { LiveSocket } from 'base/socket.js';
import 'base/help_calls.js';

/**
 * @typedef {import('base/session.js').Session} Session
 * @typedef {import('base/socket.js').Connection} Connection
 * @typedef {import('base/types.js').Board} Board
 *
 * @typedef {object} Desk Where a page stands.
 * @property {string} hall The path of its hall, e.g. `/halls/demo`.
 * @property {string} state The path of what it shows.
 * @property {string} display The display as which it listens to the hall's boards.
 */

/** Pause before the state is asked for again after all tries of a read were in vain. */
const READ_AGAIN_MS = 3000;

/**
 * Base of such a page's root element.
 *
 * @template P The plan, as much of it as the page reads.
 * @template {{at?: string}} S The state.
 */
export class DeskPage extends PageElement {
  /** @type {import('lit').PropertyDeclarations} */
  static properties = {
    session: { state: true },
    plan: { state: true },
    board: { state: true },
    connection: { state: true },
    trouble: { state: true },
    unread: { state: true },
  };

  /** @param {Desk} desk */
  constructor(desk) {
    super();
    this.desk = desk;
    /** @type {Session | null} */
    this.session = null;
    /** @type {P | null} */
    this.plan = null;
    /** @type {Board | null} */
    this.board = null;
    /** @type {Connection} */
    this.connection = 'connecting';
    /** Why there is nothing to show. */
    this.trouble = '';
    /** Why the state could not be read again. */
    this.unread = '';
    this.clock = new HallClock();
    this.reading = false;
    this.newer = false;
  }

  /** @override */
  connectedCallback() {
    super.connectedCallback();
    everySecond(this.clock, () => this.requestUpdate());
    this.#start();
  }

  async #start() {
    const tell = (/** @type {{detail: string}} */ error) => {
      this.trouble = error.detail;
    };
    try {
      this.session = await getPatiently('/session', tell);
      this.plan = await getPatiently(`${this.desk.hall}/plan`, tell);
      this.#take(await getPatiently(this.desk.state, tell));
    } catch (error) {
      if (!signInFor(error)) this.trouble = detailOf(error);
      return;
    }
    this.trouble = '';
    document.title = this.pageTitle();
    const listeners = {
      board: (/** @type {Board} */ board) => {
        this.board = board;
        this.clock.observe(board.at);
        this.read();
      },
      connection: (/** @type {Connection} */ connection) => {
        if (connection === 'live' && this.connection === 'stale') this.refresh();
        this.connection = connection;
      },
    };
    new LiveSocket(`/ws/v1${this.desk.hall}/boards/${this.desk.display}`, listeners, { reportsShown: false }).open();
    this.started();
  }

  /** The page has all it cannot stand without. */
  started() {}

  /** @param {S} state */
  #take(state) {
    if (state.at !== undefined) this.clock.observe(state.at);
    this.unread = '';
    this.take(state);
  }

  /**
   * What the controller told; a page shows nothing else.
   *
   * @param {S} _state
   */
  take(_state) {}

  /** Read the state; news that arrive meanwhile are read once more after it. */
  async read() {
    this.newer = true;
    if (this.reading) return;
    this.reading = true;
    try {
      while (this.newer) {
        this.newer = false;
        this.#take(await get(this.desk.state));
      }
    } catch (error) {
      if (signInFor(error)) return;
      this.unread = detailOf(error);
      if (isAway(error)) setTimeout(() => this.read(), READ_AGAIN_MS);
    } finally {
      this.reading = false;
    }
  }

  /** Read what no board tells of; a page that reads more does so here. */
  async refresh() {
    await this.during(async () => {
      this.plan = await get(`${this.desk.hall}/plan`);
    });
  }

  /**
   * Read something that the page can do without: what was read last stays.
   *
   * @param {() => Promise<void>} work
   */
  async during(work) {
    try {
      await work();
    } catch (error) {
      if (!signInFor(error)) this.unread = detailOf(error);
    }
  }

  /**
   * The picture while there is nothing to show yet, or why there is nothing.
   *
   * @param {string} text
   */
  preparing(text) {
    return html`<main class="preparing">
      <div role="status"><h1>${this.trouble === '' ? text : this.trouble}</h1></div>
      ${this.languageSwitch()} ${this.who((error) => (this.trouble = detailOf(error)))}
    </main>`;
  }

  /** Who wants help, and a button to go there. */
  helpCalls() {
    const { desk, plan, board } = this;
    return html`<help-calls .path=${desk.hall} .plan=${plan} .calls=${board?.help_calls ?? []}></help-calls>`;
  }

  /**
   * Who is signed in, and the way out.
   *
   * @param {(error: unknown) => void} onTrouble
   */
  who(onTrouble) {
    return this.session === null ? nothing : signedIn(this.session, onTrouble);
  }
}
