/**
 * The TV of a waiting area: `/tv/{hall}?display=tv-1`.
 *
 * Who is called, large; who was called; how many wait; what each window does. The picture is a function of the last
 * board and the time. Without a connection there is no board on the glass: an old call would send people astray.
 */

import { html, nothing } from 'lit';
import { detailOf, get, getPatiently } from 'base/api.js';
import { HallClock, everySecond } from 'base/clock.js';
import { PageElement, pathParts, startPage } from 'base/element.js';
import { clockText, dayText } from 'base/format.js';
import { t } from 'base/i18n.js';
import { icon } from 'base/icons.js';
import { LiveSocket } from 'base/socket.js';
import Megaphone from 'lucide/megaphone.mjs';
import Volume2 from 'lucide/volume-2.mjs';
import { Freshness, callKey, callsNow } from './calls.js';
import { Reel } from './media.js';
import { sized } from './sized.js';
import { nowPanel, quietPanel, recentPanel, waitingPanel, windowsPanel } from './panels.js';
import { isPortrait, lineOf, part } from './turns.js';
import { Voice } from './voice.js';

/**
 * @typedef {import('base/types.js').Announcement} Announcement
 * @typedef {import('base/types.js').Board} Board
 * @typedef {import('base/socket.js').Connection} Connection
 * @typedef {import('base/types.js').PlanForm & {zones?: {id: string, name: string}[],
 *   screens?: {theme: string, media: import('./media.js').Media[]}}} PlanForm
 *
 * @typedef {object} Cue An announcement on the glass.
 * @property {string} id
 * @property {string} text
 * @property {number} until_ms
 */

const DISPLAY = 'tv';
/** An announcement stands on the glass for as long as it sounds, or for this long where another TV speaks it. */
const CUE_MS = 8000;
/** Letters that the foot has room for in one line, upright and across: of a notice, and of an announcement. */
const FOOT_EMS = { notice: [26, 49], cue: [18, 36] };
/** Names of services and the hall's time are read anew this often, and whenever the connection comes back. */
const REFRESH_MS = 600000;
/** A hall that is not there now may be there later, and nobody reloads a TV. */
const REFUSED_MS = 30000;

/** The page. */
class TvPage extends PageElement {
  static properties = {
    board: { state: true },
    plan: { state: true },
    connection: { state: true },
    refused: { state: true },
    cue: { state: true },
  };

  constructor() {
    super();
    this.hall = pathParts('/tv/{hall}')['hall'] ?? '';
    this.display = new URLSearchParams(location.search).get('display') || DISPLAY;
    /** @type {Board | null} */
    this.board = null;
    /** @type {PlanForm | null} */
    this.plan = null;
    /** @type {Connection} */
    this.connection = 'connecting';
    this.refused = false;
    /** @type {Cue | null} */
    this.cue = null;
    this.clock = new HallClock();
    this.freshness = new Freshness();
    /** Whether this TV is one that speaks: it has been told so, or the plan says it. */
    this.speaks = false;
    this.reel = new Reel(() => this.requestUpdate());
    this.voice = new Voice({ now_ms: () => this.clock.now_ms(), changed: () => this.requestUpdate() });
  }

  /** @override */
  connectedCallback() {
    super.connectedCallback();
    const unlock = () => this.voice.unlock();
    addEventListener('pointerdown', unlock);
    addEventListener('keydown', unlock);
    everySecond(this.clock, () => this.#tick());
    setInterval(() => this.#refresh(), REFRESH_MS);
    this.#readPlan();
    this.#follow();
  }

  /** @override */
  pageTitle() {
    return t('tv.title');
  }

  #follow() {
    new LiveSocket(`/ws/v1/halls/${encodeURIComponent(this.hall)}/boards/${encodeURIComponent(this.display)}`, {
      board: (board) => this.#show(board),
      announcement: (announcement) => this.#announce(announcement),
      connection: (connection) => this.#connect(connection),
      refused: () => {
        this.refused = true;
        setTimeout(() => this.#follow(), REFUSED_MS);
      },
    }).open();
  }

  async #readPlan() {
    try {
      const path = `/halls/${encodeURIComponent(this.hall)}/plan`;
      this.#take(await getPatiently(path, (error) => console.info('The plan cannot be read yet.', error.detail)));
      await this.#refresh();
    } catch (error) {
      console.warn('No plan: services are shown without their names.', detailOf(error));
    }
  }

  /** Read the plan anew, and the hall's time: a board tells when it was made, which may be long ago. */
  async #refresh() {
    const hall = encodeURIComponent(this.hall);
    try {
      const [plan, now] = await Promise.all([get(`/halls/${hall}/plan`), get(`/halls/${hall}`)]);
      if (typeof now.at === 'string') this.clock.observe(now.at);
      this.#take(plan);
    } catch (error) {
      console.info('The plan stays as it was last read.', detailOf(error));
    }
  }

  /** @param {PlanForm} plan */
  #take(plan) {
    this.plan = plan;
    this.reel.forgive();
    this.#paint(new URLSearchParams(location.search).get('theme') ?? plan.screens?.theme ?? 'dark');
    if (plan.devices?.some((device) => device.id === this.display && device.speaks === true)) this.#speak();
  }

  /** @param {string} theme Light or dark; anything else: as the screen's own system has it. */
  #paint(theme) {
    const root = document.documentElement;
    if (theme === 'light' || theme === 'dark') root.dataset['theme'] = theme;
    else delete root.dataset['theme'];
  }

  #speak() {
    if (this.speaks) return;
    this.speaks = true;
    this.voice.prepare();
  }

  /** @param {Connection} connection */
  #connect(connection) {
    if (connection === 'live' && this.connection === 'stale' && this.board !== null) this.#refresh();
    this.connection = connection;
  }

  /** @param {Board} board @returns {Promise<unknown>} when it is rendered */
  #show(board) {
    this.clock.observe(board.at);
    this.freshness.note(board, this.clock.now_ms());
    const first = this.board === null;
    this.board = board;
    this.refused = false;
    if (first) this.voice.resume();
    return this.updateComplete;
  }

  /** @param {Announcement} announcement */
  #announce(announcement) {
    const now_ms = this.clock.now_ms();
    if (Date.parse(announcement.expires_at) < now_ms) return;
    this.freshness.renew(announcement.id, now_ms);
    this.cue = { id: announcement.id, text: this.#cueText(announcement), until_ms: now_ms + CUE_MS };
    if (announcement.speak === true) {
      this.#speak();
      this.voice.say(announcement);
    }
  }

  /** @param {Announcement} announcement @returns {string} as it is read, not as it is spoken, where the call is known */
  #cueText(announcement) {
    const call = this.board?.calls.find((each) => callKey(each) === announcement.id);
    return call === undefined ? announcement.text : t('tv.call_out', { number: call.number, window: call.label });
  }

  /** @returns {{id: string, text: string} | null} what sounds here now, or else what was announced last */
  #cueNow() {
    const { speaking } = this.voice;
    return speaking === null ? this.cue : { id: speaking.id, text: this.#cueText(speaking) };
  }

  #tick() {
    const cue = this.cue;
    if (cue !== null && cue.until_ms <= this.clock.now_ms() && cue.id !== this.voice.speaking?.id) this.cue = null;
    this.requestUpdate();
  }

  /** @override */
  render() {
    const live = this.connection === 'live' ? this.board : null;
    return html`
      ${this.#head(live)}
      ${live === null ? this.#noBoard() : this.#board(live)}
    `;
  }

  /** @param {Board | null} board */
  #head(board) {
    const zone = this.plan?.hall.timezone;
    const part = this.plan?.zones?.find((each) => each.id === board?.zone)?.name;
    const now = new Date(this.clock.now_ms());
    return html`<header class="head">
      <h1 ${sized(this.plan?.hall.name ?? '')}>${this.plan?.hall.name ?? this.board?.hall_name ?? t('tv.title')}</h1>
      <p class="head-zone">${part ?? nothing}</p>
      ${this.voice.blocked && this.speaks
        ? html`<button type="button" class="sound" @click=${() => this.voice.unlock()}>${icon(Volume2)} ${t('tv.sound')}</button>`
        : nothing}
      ${zone === undefined || !this.clock.known
        ? nothing
        : html`<p class="head-time">
            <span>${dayText(now, zone)}</span>
            <time class="number" datetime=${now.toISOString()}>${clockText(now, zone)}</time>
          </p>`}
    </header>`;
  }

  #noBoard() {
    const [title, hint] = this.refused
      ? [t('tv.unknown', { hall: this.hall }), t('tv.unknown_hint')]
      : this.board === null
        ? [t('tv.connecting'), t('tv.connecting_hint')]
        : [t('tv.lost'), t('tv.lost_hint')];
    const kind = this.board === null && !this.refused ? 'connecting' : 'lost';
    return html`<main class="no-board ${kind}">
      <span class="no-board-dot"></span>
      <section role="alert">
        <h2>${title}</h2>
        <p>${hint}</p>
      </section>
    </main>`;
  }

  /** @param {Board} board */
  #board(board) {
    const now_ms = this.clock.now_ms();
    const zone = this.plan?.hall.timezone;
    const calls = callsNow(board, now_ms);
    const fresh = (/** @type {import('base/types.js').CallForm} */ call) => this.freshness.isFresh(call, now_ms);
    return html`<main class="board">
        ${calls.length === 0 ? this.#quiet(board, now_ms) : nowPanel(calls, fresh)}
        ${recentPanel(board.calls, calls, zone)} ${waitingPanel(board, this.plan, now_ms)}
        ${windowsPanel(board, now_ms, zone)}
      </main>
      ${this.#foot(board, now_ms)}`;
  }

  /** @param {Board} board @param {number} now_ms */
  #quiet(board, now_ms) {
    const media = board.open ? this.reel.choose(this.plan?.screens?.media ?? [], board.zone, now_ms) : null;
    return media === null ? quietPanel(board, this.plan) : this.reel.panel(media);
  }

  /** @param {Board} board @param {number} now_ms */
  #foot(board, now_ms) {
    const side = isPortrait() ? 0 : 1;
    const cue = this.#cueNow();
    if (cue !== null) {
      return html`<footer class="foot cue" role="status" data-announcement=${cue.id}>
        <span class="cue-waves" aria-hidden="true"><i></i><i></i><i></i></span>
        <strong>${part(cue.text, FOOT_EMS.cue[side] ?? 0, now_ms)}</strong>
      </footer>`;
    }
    const notices = board.notices.flatMap((notice) => notice.text ?? []);
    const line = lineOf(notices.length > 0 ? notices : [t('tv.hint')], FOOT_EMS.notice[side] ?? 0, now_ms);
    return html`<footer class="foot">${icon(Megaphone)}<span>${line}</span></footer>`;
  }
}

await startPage('tv-page', TvPage);
