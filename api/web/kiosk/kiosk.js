/**
 * The ticket machine's page: `/kiosk/{hall}`; with `?device=ID` the receipt is printed by that device, with `?version=elder`
 * it begins in the elder version (长辈版).
 *
 * A service, then "take a number": what to bring and the wait stand between. The elder version chooses a group first.
 */

import { html, nothing } from 'lit';
import { detailOf, getPatiently, isAway, newKey } from 'base/api.js';
import { PageElement, pathParts, startPage } from 'base/element.js';
import { language, t, useLanguage } from 'base/i18n.js';
import { LiveSocket } from 'base/socket.js';
import { Desk } from './desk.js';
import { head } from './frame.js';
import { withKey, withTyped } from './keys.js';
import { preparingView, stillThere } from './notices.js';
import { MachinePaper, isDue, unheard } from './paper.js';
import { Patience, idleSeconds, issuedSeconds } from './patience.js';
import { screen } from './screens.js';
import { Speaker } from './speaker.js';

/**
 * @typedef {import('base/types.js').Board} Board
 * @typedef {import('base/types.js').Issued} Issued
 * @typedef {import('./desk.js').Wish} Wish
 * @typedef {import('./offers.js').Offer} Offer
 * @typedef {import('./offers.js').Offers} Offers
 * @typedef {import('./view.js').Choosing} Choosing
 * @typedef {import('./view.js').View} View
 */

/** How long the page says that a ticket was given back. */
const GIVEN_BACK_S = 5;
/** Less than this share of a screen below the edge is margin. */
const MORE_MIN_SHARE = 0.04;
/** A changed plan (another service, another name) is on the page this long after at the latest. */
const REFRESH_MS = 60000;
/** While the controller is away the page asks again by itself this long after each vain round. */
const AGAIN_MS = 3000;

/** The page. */
class KioskPage extends PageElement {
  static properties = {
    offers: { state: true },
    board: { state: true },
    connection: { state: true },
    green: { state: true },
    elder: { state: true },
    view: { state: true },
    trouble: { state: true },
    now: { state: true },
    more: { state: true },
    asking_s: { state: true },
    speaking: { state: true },
  };

  constructor() {
    super();
    this.remembersLanguage = false;
    const query = new URLSearchParams(location.search);
    this.hall = pathParts('/kiosk/{hall}')['hall'] ?? '';
    this.desk = new Desk(this.hall, query.get('device'));
    /** @type {Offers | null} */
    this.offers = null;
    this.paper = new MachinePaper(this.desk.device !== null);
    /** @type {Board | null} */
    this.board = null;
    /** @type {import('base/socket.js').Connection} */
    this.connection = 'connecting';
    this.green = false;
    this.beginsElder = query.get('version') === 'elder';
    this.elder = this.beginsElder;
    /** @type {View} */
    this.view = { kind: 'home' };
    this.trouble = '';
    this.now = new Date();
    /** Whether something lies below the edge of the screen. */
    this.more = false;
    /** Seconds left to answer whether somebody is still there; 0 while nobody is asked. */
    this.asking_s = 0;
    this.speaking = false;
    this.firstLanguage = language();
    this.patience = new Patience();
    this.again = 0;
    /** @type {Set<Wish>} wishes that the controller is asked for now */
    this.asked = new Set();
    this.issuedFor_s = 0;
    this.speaker = new Speaker(this.hall, (speaking) => {
      this.speaking = speaking;
    });
    this.acts = this.#acts();
  }

  /** @returns {import('./view.js').Acts} */
  #acts() {
    return {
      home: () => this.#home(),
      back: () => this.#back(),
      flip: () => this.#flip(),
      green: () => {
        this.green = !this.green;
        if (this.green) this.#say('green');
      },
      search: () => this.#go({ kind: 'search', typed: '' }, 'search'),
      checkInStart: () => this.#go({ kind: 'check_in', code: '', busy: false, trouble: '' }, 'check_in'),
      staff: () => {
        if (this.view.kind !== 'taking') this.#go({ kind: 'staff' }, 'staff');
      },
      group: (group) => this.#go({ kind: 'group', group }, 'list'),
      type: (typed) => {
        this.view = withTyped(this.view, typed);
      },
      choose: (offer) => void this.#choose(offer),
      wish: (offer, lane) => this.#wish(offer, lane),
      take: (wish) => void this.#take(wish),
      giveBack: () => void this.#giveBack(),
      checkIn: () => void this.#checkIn(),
      places: (offer, from) => void this.#places(offer, from),
      book: (place) => void this.#book(place),
    };
  }

  /** @override */
  connectedCallback() {
    super.connectedCallback();
    addEventListener('pointerdown', ({ target }) => {
      if (this.asking_s === 0 || !(target instanceof HTMLButtonElement)) this.#touched(); // else the button answers
    });
    addEventListener('keydown', (event) => this.#key(event));
    for (const kind of ['scroll', 'resize']) addEventListener(kind, () => this.#measure(), { passive: true });
    setInterval(() => this.#tick(), 1000);
    this.#start();
  }

  /** Whether no receipt may come out. */
  get noPaper() {
    return this.paper.isMissing;
  }

  /** @override */
  pageTitle() {
    return t('kiosk.title');
  }

  async #start() {
    try {
      const wait = (/** @type {{detail: string}} */ error) => (this.trouble = error.detail);
      this.#heard(await getPatiently(this.desk.offersPath, wait));
    } catch (error) {
      this.trouble = detailOf(error);
      return;
    }
    this.trouble = '';
    setInterval(() => this.#refresh(), REFRESH_MS);
    const path = `/ws/v1/halls/${encodeURIComponent(this.hall)}/boards/${encodeURIComponent(this.desk.device ?? 'kiosk')}`;
    const listeners = {
      board: (/** @type {Board} */ board) => {
        const turned = this.board !== null && this.board.open !== board.open;
        this.board = board;
        if (turned) this.#refresh();
      },
      connection: (/** @type {import('base/socket.js').Connection} */ connection) => {
        if (connection === 'live' && this.connection === 'stale') this.#refresh();
        this.connection = connection;
      },
    };
    new LiveSocket(path, listeners, { reportsShown: false }).open();
  }

  async #refresh() {
    try {
      this.#heard(await this.desk.offers());
    } catch (error) {
      console.info('The services stay as they were last read.', detailOf(error));
    }
  }

  /** @param {Offers} offers */
  #heard(offers) {
    this.offers = offers;
    this.paper.heard(offers.paper);
  }

  #touched() {
    this.asking_s = 0;
    this.patience.touched();
    if (this.view.kind === 'issued') {
      this.view = { ...this.view, left_s: issuedSeconds(this.view.paper, this.elder) };
    }
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (this.asking_s > 0) return; // the question has keys of its own
    this.#touched();
    if (event.key === 'Escape') this.#back();
    else this.view = withKey(this.view, event.key);
  }

  #tick() {
    this.now = new Date();
    const { view } = this;
    if (view.kind === 'issued') {
      this.issuedFor_s += 1;
      if (view.left_s <= 1) this.#home();
      else this.view = { ...view, left_s: view.left_s - 1 };
      if (!view.givenBack && isDue(view.paper, this.issuedFor_s)) this.#lookForPaper();
      return;
    }
    const untouched = view.kind === 'home' && !this.green && this.elder === this.beginsElder;
    const idle = untouched && language() === this.firstLanguage;
    const before = this.asking_s;
    this.asking_s = idle || view.kind === 'taking' ? 0 : this.patience.left_s(idleSeconds(this.elder));
    if (idle || view.kind === 'taking') this.patience.touched();
    else if (this.patience.isOver) this.#home();
    else if (before === 0 && this.asking_s > 0) this.#say('still_there');
  }

  /** @param {import('./speaker.js').Sentence} sentence @param {Record<string, string>} [about] */
  #say(sentence, about) {
    if (this.elder) this.speaker.say(sentence, about);
  }

  /** The page as the next person should find it. */
  #home() {
    this.view = { kind: 'home' };
    this.green = false;
    this.elder = this.beginsElder;
    this.asking_s = 0;
    this.patience.touched();
    this.speaker.hush();
    clearTimeout(this.again);
    if (language() !== this.firstLanguage) useLanguage(this.firstLanguage);
    scrollTo({ top: 0 });
  }

  /** @param {View} view @param {import('./speaker.js').Sentence} [sentence] */
  #go(view, sentence) {
    clearTimeout(this.again);
    this.view = view;
    if (sentence !== undefined) this.#say(sentence);
    scrollTo({ top: 0 });
  }

  #flip() {
    this.elder = !this.elder;
    this.speaker.hush();
    this.#go({ kind: 'home' }, 'welcome');
  }

  /** One step back; what was chosen otherwise (lane, language, version) stays. */
  #back() {
    const { view } = this;
    if (view.kind === 'taking' || view.kind === 'issued' || view.kind === 'home') return;
    if (view.kind === 'matter') this.#go(view.from);
    else if (view.kind === 'places') this.#go({ kind: 'matter', offer: view.offer, from: view.from });
    else this.#go({ kind: 'home' });
  }

  /** @param {Offer} offer */
  async #choose(offer) {
    const { view } = this;
    const from = view.kind === 'group' || view.kind === 'search' ? view : /** @type {Choosing} */ ({ kind: 'home' });
    this.#go({ kind: 'matter', offer, from });
    this.#say('matter', { service: offer.code });
    await this.#refresh();
    const now = this.offers?.services.find((one) => one.code === offer.code);
    if (now !== undefined && this.view.kind === 'matter' && this.view.offer.code === offer.code) {
      this.view = { ...this.view, offer: now };
    }
  }

  /** @param {Offer} offer @param {Wish['lane']} [lane] */
  #wish(offer, lane = this.green ? 'green' : 'normal') {
    this.#take({ code: offer.code, name: offer.short_name || offer.name, lane, key: newKey() });
  }

  /** @param {Wish} wish */
  async #take(wish) {
    if (this.view.kind === 'taking') return;
    this.#go({ kind: 'taking', wish });
    await this.#ask(wish);
  }

  /** @param {Wish} wish */
  async #ask(wish) {
    if (this.asked.has(wish)) return; // the answer on its way is this one's too
    const isWaited = () => (this.view.kind === 'taking' || this.view.kind === 'refused') && this.view.wish === wish;
    this.asked.add(wish);
    try {
      const issued = await this.desk.take(wish);
      if (isWaited()) this.#issued(issued, wish.name, wish.lane, wish.key);
      else await this.desk.giveBack(issued, `${wish.key}-back`); // whoever wanted it has left meanwhile
    } catch (error) {
      if (!isWaited()) return;
      const again = isAway(error);
      if (!again || this.view.kind === 'taking') this.#go({ kind: 'refused', wish, detail: detailOf(error), again });
      if (again) this.again = setTimeout(() => this.#ask(wish), AGAIN_MS);
    } finally {
      this.asked.delete(wish);
    }
  }

  /** @param {Issued} issued @param {string} name @param {string} lane @param {string} key */
  #issued(issued, name, lane, key) {
    this.issuedFor_s = 0;
    const paper = this.paper.begins;
    this.#go({ kind: 'issued', name, lane, issued, key, left_s: 0, givenBack: false, trouble: '', paper });
    this.#touched();
    this.#say('issued', { ticket: issued.ticket });
    this.#refresh();
  }

  async #lookForPaper() {
    const { view } = this;
    if (view.kind !== 'issued') return;
    const late = unheard(view.paper, this.issuedFor_s);
    const paper = await this.desk.paper(view.issued).then((found) => (found === 'coming' ? late : found), () => late);
    if (this.view.kind !== 'issued' || this.view.issued !== view.issued || this.view.paper === paper) return;
    this.paper.came(paper);
    this.view = { ...this.view, paper };
    this.#touched();
  }

  async #giveBack() {
    const { view } = this;
    if (view.kind !== 'issued') return;
    try {
      await this.desk.giveBack(view.issued, `${view.key}-back`);
      this.view = { ...view, givenBack: true, left_s: GIVEN_BACK_S, trouble: '' };
    } catch (error) {
      this.view = { ...view, left_s: issuedSeconds(view.paper, this.elder), trouble: detailOf(error) };
    }
  }

  async #checkIn() {
    const { view } = this;
    if (view.kind !== 'check_in' || view.busy) return;
    this.view = { ...view, busy: true, trouble: '' };
    try {
      const issued = await this.desk.checkIn(view.code);
      const names = issued.services.map((code) => this.offers?.services.find((one) => one.code === code)?.name ?? code);
      if (this.view.kind !== 'check_in') return; // checked in again, it is the same number
      this.#issued(issued, names.join(t('kiosk.list_mark')), 'appointment', newKey());
    } catch (error) {
      if (this.view.kind === 'check_in') this.view = { ...view, busy: false, trouble: detailOf(error) };
    }
  }

  /** @param {Offer} offer @param {Choosing} from */
  async #places(offer, from) {
    this.#go({ kind: 'places', offer, from, places: null, busy: false, trouble: '', key: newKey() });
    const { view } = this;
    const found = await this.desk.places(offer.code).then(
      (places) => ({ places }),
      (error) => ({ trouble: detailOf(error) }),
    );
    if (this.view === view && view.kind === 'places') this.view = { ...view, ...found };
  }

  /** @param {import('./booking.js').Place} place */
  async #book(place) {
    const { view } = this;
    if (view.kind !== 'places' || view.busy) return;
    this.view = { ...view, busy: true, trouble: '' };
    try {
      const booked = await this.desk.book(view.offer.code, place, `${view.key}-${place.day}-${place.half}`);
      if (this.view.kind === 'places' && this.view.key === view.key) this.#go({ kind: 'booked', offer: view.offer, booked });
    } catch (error) {
      if (this.view.kind === 'places') this.view = { ...this.view, busy: false, trouble: detailOf(error) };
    }
  }

  /** @override */
  render() {
    return html`
      ${this.staleBanner(this.connection)}
      ${head(this, this.offers?.name ?? this.board?.hall_name ?? t('kiosk.title'), this.acts)}
      <main class="stage">
        ${this.offers === null ? preparingView(this.trouble) : screen(this, this.offers, this.acts)}
      </main>
      ${this.asking_s > 0 ? stillThere(this.asking_s, () => this.#touched(), () => this.#home()) : nothing}
    `;
  }

  /** @override @param {Map<string, unknown>} changed */
  updated(changed) {
    document.documentElement.dataset['version'] = this.elder ? 'elder' : 'standard';
    const dialog = this.querySelector('dialog');
    if (dialog !== null && !dialog.open) dialog.showModal();
    const before = /** @type {View | undefined} */ (changed.get('view'));
    if (before !== undefined && before.kind !== this.view.kind) {
      /** @type {HTMLElement | null} */ (this.querySelector('h2[tabindex]'))?.focus({ preventScroll: true });
    }
    this.#measure();
  }

  #measure() {
    const page = document.documentElement;
    this.more = page.scrollHeight - page.clientHeight - page.scrollTop > page.clientHeight * MORE_MIN_SHARE;
  }
}

await startPage('kiosk-page', KioskPage);
