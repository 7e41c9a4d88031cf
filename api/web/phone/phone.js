/**
 * The phone page behind a ticket's QR code: `/t/{token}`. The place in the queue, live; the call, vividly; the way to
 * give the ticket back; the review afterwards.
 */

import { html, nothing } from 'lit';
import { keyed } from 'lit/directives/keyed.js';
import { Problem, detailOf, get, getPatiently, newKey, send } from 'base/api.js';
import { PageElement, pathParts, startPage } from 'base/element.js';
import { clockText, dayText, waitText } from 'base/format.js';
import { t } from 'base/i18n.js';
import { icon } from 'base/icons.js';
import { LiveSocket } from 'base/socket.js';
import 'base/review.js';
import BellOff from 'lucide/bell-off.mjs';
import BellRing from 'lucide/bell-ring.mjs';
import CircleCheck from 'lucide/circle-check.mjs';
import Clock from 'lucide/clock.mjs';
import Undo2 from 'lucide/undo-2.mjs';
import UsersRound from 'lucide/users-round.mjs';
import { Bell } from './bell.js';

/**
 * @typedef {import('base/types.js').PlanForm} PlanForm
 * @typedef {import('base/types.js').PhoneTicket} PhoneTicket
 * @typedef {import('base/types.js').TicketState} TicketState
 *
 * @typedef {object} PhoneCase
 * @property {string} case
 * @property {string} service_name
 * @property {string[]} missing
 * @property {{material: string, due: string}[]} owed
 * @property {string | null} promised
 * @property {string | null} completed_on
 */

/** With so few before it, or so short a wait left at the shortest, whoever has gone out should come back. */
const COME_BACK_AHEAD = 2;
const COME_BACK_S = 300;
/** @type {readonly TicketState[]} states of a ticket that somebody has spoken with a clerk about */
const HAS_CASES = ['serving', 'held', 'finished'];
/** The address by which the page opens from the phone's home screen: the last ticket that it followed. */
const LAST = 'last';
const LAST_KEY = 'phone.last';
const WORKER = '/static/phone/worker.js';
/** @type {readonly TicketState[]} states in which a citizen may still give the ticket back */
const RETURNABLE = ['waiting', 'called', 'held', 'no_show'];

/** @param {PhoneTicket} ticket @returns {boolean} whether it is time to come back to the hall */
function isNear(ticket) {
  return ticket.state === 'waiting' && (ticket.ahead <= COME_BACK_AHEAD || ticket.wait.p50_s <= COME_BACK_S);
}

/** @param {import('base/types.js').Unrated} visit @returns {string} */
function visitKey({ window, ended_at }) {
  return `${window} ${ended_at}`;
}

/** @param {string} token @returns {string} the token itself, or the last one where the home screen asks for it */
function ownToken(token) {
  if (token !== LAST) return token;
  try {
    return localStorage.getItem(LAST_KEY) ?? token;
  } catch (error) {
    console.info('The last ticket is not known on this phone.', error);
    return token;
  }
}

/** @param {string} token */
function rememberToken(token) {
  try {
    localStorage.setItem(LAST_KEY, token);
  } catch (error) {
    console.info('The ticket cannot be remembered on this phone.', error);
  }
}

/** Let the phone keep the page's own files, where it can: over https, or on the machine itself. */
async function keepShell() {
  if (!('serviceWorker' in navigator)) return;
  try {
    await navigator.serviceWorker.register(WORKER, { scope: '/t/' });
  } catch (error) {
    console.info('The page is not kept on this phone.', error);
  }
}

/** The page. */
class PhonePage extends PageElement {
  static properties = {
    ticket: { state: true },
    plan: { state: true },
    connection: { state: true },
    unknown: { state: true },
    trouble: { state: true },
    asking: { state: true },
    rated: { state: true },
    rings: { state: true },
    cases: { state: true },
  };

  constructor() {
    super();
    this.token = ownToken(pathParts('/t/{token}')['token'] ?? '');
    this.bell = new Bell();
    /** @type {PhoneCase[]} what came of the ticket at the window */
    this.cases = [];
    /** Whether the page may sound; it buzzes in any case. */
    this.rings = false;
    /** @type {PhoneTicket | null} */
    this.ticket = null;
    /** @type {PlanForm | null} for the names of services and the hall's time zone */
    this.plan = null;
    /** @type {import('base/socket.js').Connection} */
    this.connection = 'connecting';
    this.unknown = false;
    this.trouble = '';
    /** Whether the page asks if the ticket is really to be given back. */
    this.asking = false;
    /** @type {readonly string[]} what was rated on this page, until the controller says so too */
    this.rated = [];
    this.returnKey = newKey();
  }

  /** @override */
  connectedCallback() {
    super.connectedCallback();
    this.#start();
    keepShell();
  }

  /** @override */
  pageTitle() {
    const ticket = this.ticket;
    if (ticket === null) return t('phone.title');
    return `${ticket.number} ${ticket.call ?? t(`state.${ticket.state}`)}`;
  }

  async #start() {
    const token = encodeURIComponent(this.token);
    try {
      const ticket = await getPatiently(`/tickets/${token}`, (error) => {
        this.trouble = error.detail;
      });
      this.trouble = '';
      this.#show(ticket);
    } catch (error) {
      if (error instanceof Problem && error.status === 404) this.unknown = true;
      else this.trouble = detailOf(error);
      return;
    }
    const listeners = {
      ticket: (/** @type {PhoneTicket} */ ticket) => this.#show(ticket),
      connection: (/** @type {import('base/socket.js').Connection} */ connection) => {
        this.connection = connection;
      },
      refused: () => {
        this.unknown = true;
      },
    };
    new LiveSocket(`/ws/v1/tickets/${token}`, listeners, { reportsShown: false }).open();
    this.#readPlan();
  }

  async #readPlan() {
    const hall = this.ticket?.hall ?? '';
    try {
      this.plan = await getPatiently(`/halls/${encodeURIComponent(hall)}/plan`, () => undefined);
    } catch (error) {
      console.info('The names of the services are not known.', detailOf(error));
    }
  }

  async #readCases() {
    try {
      this.cases = await get(`/tickets/${encodeURIComponent(this.token)}/cases`);
    } catch (error) {
      console.info('What came of the ticket is not known.', detailOf(error));
    }
  }

  /** What is to be brought and what was promised, as on the papers that were given out. */
  #outcome() {
    return this.cases.map(
      (one) => html`<section class="case" data-case=${one.case}>
        <h2>${one.service_name}</h2>
        ${one.missing.length === 0
          ? nothing
          : html`<p>${t('phone.missing')}</p>
              <ul>
                ${one.missing.map((material) => html`<li>${material}</li>`)}
              </ul>`}
        ${one.owed.map(
          ({ material, due }) => html`<p>${t('phone.owed', { material, day: dayText(`${due}T12:00:00`) })}</p>`,
        )}
        ${one.completed_on === null
          ? one.promised === null
            ? nothing
            : html`<p><strong>${t('phone.promised', { day: dayText(`${one.promised}T12:00:00`) })}</strong></p>`
          : html`<p><strong>${t('phone.completed')}</strong></p>`}
        <p class="case-id">${t('phone.case', { case: one.case })}</p>
      </section>`,
    );
  }

  /** @param {string[]} services @returns {string[]} */
  #serviceNames(services) {
    return services.map((code) => this.plan?.services.find((service) => service.code === code)?.name ?? code);
  }

  /** @param {PhoneTicket} ticket */
  #show(ticket) {
    const first = this.ticket === null;
    this.ticket = ticket;
    if (HAS_CASES.includes(ticket.state)) this.#readCases();
    if (first) rememberToken(ticket.token);
    document.title = this.pageTitle();
    if (!RETURNABLE.includes(ticket.state)) this.asking = false;
    if (ticket.state === 'called') this.bell.ring(`called ${ticket.window} ${ticket.called_at ?? ''}`);
    else if (isNear(ticket) && !first) this.bell.ring('near');
  }

  async #giveBack() {
    const ticket = this.ticket;
    if (ticket === null) return;
    const path = `/halls/${encodeURIComponent(ticket.hall)}/tickets/${encodeURIComponent(ticket.ticket)}`;
    try {
      await send('DELETE', `${path}?token=${encodeURIComponent(this.token)}`, undefined, this.returnKey);
      this.ticket = { ...ticket, state: 'cancelled', call: null };
      this.trouble = '';
    } catch (error) {
      this.trouble = detailOf(error);
    }
    this.asking = false;
    this.returnKey = newKey();
  }

  /** @override */
  render() {
    if (this.unknown) return this.#plain(t('phone.unknown'), t('phone.unknown_hint'));
    const ticket = this.ticket;
    if (ticket === null) return this.#plain(this.trouble === '' ? t('phone.loading') : this.trouble, '');
    return html`
      ${this.staleBanner(this.connection)} ${this.#head(ticket.hall_name)}
      <main class="ticket state-${ticket.state}">
        ${this.#state(ticket)}
        ${this.trouble === '' ? nothing : html`<p class="alert" role="alert">${this.trouble}</p>`}
        ${ticket.state === 'waiting' ? this.#ring() : nothing} ${this.#outcome()} ${this.#facts(ticket)}
        ${this.#review(ticket)}
        ${RETURNABLE.includes(ticket.state) ? this.#return() : nothing}
      </main>
    `;
  }

  /** @param {string} title @param {string} hint */
  #plain(title, hint) {
    return html`${this.#head('')}
      <main class="ticket plain">
        <section role="status">
          <h2>${title}</h2>
          <p>${hint}</p>
        </section>
      </main>`;
  }

  /** @param {string} hallName */
  #head(hallName) {
    return html`<header class="head">
      <h1>${hallName === '' ? t('phone.title') : hallName}</h1>
      ${this.languageSwitch()}
    </header>`;
  }

  /** @param {PhoneTicket} ticket */
  #state(ticket) {
    const called = ticket.state === 'called' && ticket.call !== null;
    return html`<section class="now" role="status" aria-live="assertive">
      <p class="now-label">${t('phone.number')}</p>
      <p class="number now-number">${ticket.number}</p>
      ${called
        ? html`<p class="now-call">${icon(BellRing)} ${t('phone.go', { window: ticket.call ?? '' })}</p>`
        : html`<p class="now-state">
            ${ticket.state === 'serving' && ticket.call !== null
              ? t('phone.serving_at', { window: ticket.call })
              : t(`state.${ticket.state}`)}
          </p>`}
      ${called ? nothing : html`<p class="now-hint">${this.#hint(ticket)}</p>`}
    </section>`;
  }

  /** @param {PhoneTicket} ticket */
  #hint(ticket) {
    if (ticket.state === 'waiting' && ticket.ahead === 0) return t('phone.next');
    if (ticket.state === 'waiting') return isNear(ticket) ? t('phone.come_back') : t('phone.hint_waiting');
    if (ticket.state === 'no_show') return t('phone.hint_no_show');
    if (ticket.state === 'held') return t('phone.hint_held');
    if (ticket.state === 'cancelled') return t('phone.hint_cancelled');
    return '';
  }

  /** @param {PhoneTicket} ticket */
  #facts(ticket) {
    return html`<dl class="facts">
      ${ticket.state === 'waiting'
        ? html`<div class="fact-large">
              <dt>${icon(UsersRound)} ${t('phone.ahead')}</dt>
              <dd>${t('phone.people', { count: ticket.ahead })}</dd>
            </div>
            <div class="fact-large">
              <dt>${icon(Clock)} ${t('phone.wait')}</dt>
              <dd>${waitText(ticket.wait)}</dd>
            </div>`
        : nothing}
      <div>
        <dt>${t('phone.service')}</dt>
        <dd>${this.#serviceNames(ticket.services).join(t('base.list_comma'))}</dd>
      </div>
      ${ticket.lane === 'normal'
        ? nothing
        : html`<div>
            <dt>${t('phone.lane')}</dt>
            <dd>${t(`lane.${ticket.lane}`)}</dd>
          </div>`}
      <div>
        <dt>${t('phone.taken')}</dt>
        <dd>${clockText(ticket.issued_at, this.plan?.hall.timezone)}</dd>
      </div>
    </dl>`;
  }

  /**
   * What a window gave is asked about as soon as it has ended, also while the ticket goes on to the next one.
   *
   * @param {PhoneTicket} ticket
   */
  #review(ticket) {
    const visit = (ticket.unrated ?? []).find((one) => !this.rated.includes(visitKey(one)));
    if (visit === undefined) {
      return this.rated.length > 0 || ticket.reviewed
        ? html`<section class="thanks" role="status"><h2>${icon(CircleCheck)} ${t('phone.thanks')}</h2></section>`
        : nothing;
    }
    const key = visitKey(visit);
    const done = () => {
      this.rated = [...this.rated, key];
    };
    const names = this.#serviceNames(visit.services).join(t('base.list_comma'));
    return html`<section class="after" data-visit=${visit.window}>
      <p class="after-what">${t('phone.visit', { window: visit.label, services: names })}</p>
      ${keyed(
        key,
        html`<review-form
          .hall=${ticket.hall}
          .subject=${{ token: this.token, window: visit.window }}
          @reviewed=${done}
        ></review-form>`,
      )}
    </section>`;
  }

  #ring() {
    const flip = async () => {
      if (this.rings) this.bell.disarm();
      else await this.bell.arm();
      this.rings = this.bell.armed;
    };
    return html`<section class="bell">
      <button type="button" class="button ${this.rings ? 'quiet' : ''}" aria-pressed=${this.rings} @click=${flip}>
        ${icon(this.rings ? BellOff : BellRing)} ${this.rings ? t('phone.bell_off') : t('phone.bell_on')}
      </button>
      <p>${this.rings ? t('phone.bell_hint_on') : t('phone.bell_hint')}</p>
    </section>`;
  }

  #return() {
    const ask = (/** @type {boolean} */ asking) => async () => {
      this.asking = asking;
      await this.updateComplete;
      if (asking) /** @type {HTMLElement | null} */ (this.querySelector('.sure button'))?.focus();
    };
    if (!this.asking) {
      return html`<button type="button" class="button quiet give-back" @click=${ask(true)}>
        ${icon(Undo2)} ${t('phone.give_back')}
      </button>`;
    }
    return html`<section class="sure" role="alertdialog" aria-labelledby="sure">
      <h2 id="sure">${t('phone.sure')}</h2>
      <div class="choices">
        <button type="button" class="button quiet" @click=${ask(false)}>${t('phone.keep')}</button>
        <button type="button" class="button danger" @click=${() => this.#giveBack()}>${t('phone.give_back_yes')}</button>
      </div>
    </section>`;
  }
}

await startPage('phone-page', PhonePage);
