/** What the machine says when it can't give a number itself, and the question whether somebody is still there. */

import { html, nothing } from 'lit';
import { clockText, dayText } from 'base/format.js';
import { t } from 'base/i18n.js';
import { icon } from 'base/icons.js';
import ArrowLeft from 'lucide/arrow-left.mjs';
import CalendarPlus from 'lucide/calendar-plus.mjs';
import CircleAlert from 'lucide/circle-alert.mjs';
import ConciergeBell from 'lucide/concierge-bell.mjs';
import DoorClosed from 'lucide/door-closed.mjs';
import Hourglass from 'lucide/hourglass.mjs';
import RotateCw from 'lucide/rotate-cw.mjs';
import Smartphone from 'lucide/smartphone.mjs';
import Ticket from 'lucide/ticket.mjs';
import WifiOff from 'lucide/wifi-off.mjs';
import { titleOf } from './offers.js';

/** @typedef {import('./offers.js').Offer} Offer @typedef {import('./offers.js').Offers} Offers */

/** @param {string} trouble */
export function preparingView(trouble) {
  return html`<section class="notice" role="status">
    <h2>${trouble === '' ? t('kiosk.preparing') : trouble}</h2>
    <p>${t('kiosk.ask_staff')}</p>
  </section>`;
}

/**
 * A closed hall: when it opens next, and what can be done without it.
 *
 * @param {Offers} offers
 * @param {string | null | undefined} opens By the live board.
 * @param {(offer: Offer) => void} choose
 */
export function closedView(offers, opens, choose) {
  const zone = offers.timezone;
  const online = offers.services.filter((offer) => offer.online !== '');
  return html`<section class="notice closed">
    ${icon(DoorClosed)}
    <h2 tabindex="-1" role="status">${t('kiosk.closed')}</h2>
    <p class="opens">${opensText(opens, zone)}</p>
    ${online.length === 0
      ? nothing
      : html`<section class="online-list">
          <h3>${icon(Smartphone)} ${t('kiosk.online')}</h3>
          <dl>
            ${online.map(
              (offer) => html`<div>
                <dt>${titleOf(offer)}</dt>
                <dd>${offer.online}</dd>
              </div>`,
            )}
          </dl>
        </section>`}
    ${offers.books
      ? html`<section class="book-list">
          <h3>${icon(CalendarPlus)} ${t('kiosk.book_ahead')}</h3>
          <ul class="services">
            ${offers.services.map(
              (offer) => html`<li>
                <button type="button" class="service" @click=${() => choose(offer)}>
                  <strong>${titleOf(offer)}</strong>
                </button>
              </li>`,
            )}
          </ul>
        </section>`
      : nothing}
  </section>`;
}

/**
 * A number that could not be had. While the controller is away the page itself goes on asking, under the same key.
 *
 * @param {{detail: string, again: boolean, books: boolean}} state
 * @param {{again: () => void, book: () => void, back: () => void}} acts
 */
export function refusedView({ detail, again, books }, acts) {
  return html`<section class="notice" role="alert">
    ${icon(again ? WifiOff : CircleAlert)}
    <h2 tabindex="-1">${again ? t('kiosk.cannot_now') : detail}</h2>
    <p>${again ? t('kiosk.away') : t('kiosk.ask_staff')}</p>
    <div class="choices">
      ${again
        ? html`<button type="button" class="button large" @click=${acts.again}>${icon(RotateCw)} ${t('kiosk.again')}</button>`
        : nothing}
      ${books
        ? html`<button type="button" class="button large" @click=${acts.book}>${icon(CalendarPlus)} ${t('kiosk.book')}</button>`
        : nothing}
      <button type="button" class="button large quiet" @click=${acts.back}>${icon(ArrowLeft)} ${t('kiosk.back')}</button>
    </div>
  </section>`;
}

/**
 * Help from a person: at the desk, or by a number of the window that helps, where the hall has one.
 *
 * @param {Offer | undefined} helper
 * @param {{take: () => void, back: () => void}} acts
 */
export function staffView(helper, { take, back }) {
  return html`<section class="notice">
    ${icon(ConciergeBell)}
    <h2 tabindex="-1">${t('kiosk.staff_where')}</h2>
    <p>${t('kiosk.staff_how')}</p>
    <div class="choices">
      ${helper === undefined
        ? nothing
        : html`<button type="button" class="button large take" @click=${take}>
            ${icon(Ticket)} ${t('kiosk.staff_take')}
          </button>`}
      <button type="button" class="button large quiet" @click=${back}>${icon(ArrowLeft)} ${t('kiosk.back')}</button>
    </div>
  </section>`;
}

/**
 * The same while the hall is closed: nobody is at the desk, and no number is given; when somebody is.
 *
 * @param {{opens: string | null | undefined, zone: string, books: boolean}} hall
 * @param {() => void} back
 */
export function staffAwayView({ opens, zone, books }, back) {
  return html`<section class="notice closed">
    ${icon(ConciergeBell)}
    <h2 tabindex="-1">${t('kiosk.staff_away')}</h2>
    <p class="opens">${opensText(opens, zone)}</p>
    <p>${t('kiosk.staff_then')}</p>
    <div class="choices">
      <button type="button" class="button large" @click=${back}>
        ${icon(ArrowLeft)} ${books ? t('kiosk.staff_instead_book') : t('kiosk.back')}
      </button>
    </div>
  </section>`;
}

/** @param {string | null | undefined} opens @param {string} zone */
function opensText(opens, zone) {
  if (!opens) return t('kiosk.closed_hint');
  return t('kiosk.opens_at', { day: dayText(opens, zone), time: clockText(opens, zone) });
}

/**
 * Before the page goes back to its beginning it asks, and waits for an answer.
 *
 * @param {number} left_s
 * @param {() => void} stay
 * @param {() => void} leave
 */
export function stillThere(left_s, stay, leave) {
  return html`<dialog class="still-there" aria-labelledby="still-there-title" @cancel=${stay}>
    <h2 id="still-there-title">${t('kiosk.still_there')}</h2>
    <p>${t('kiosk.still_there_left', { seconds: left_s })}</p>
    <div class="choices">
      <button type="button" class="button large" autofocus @click=${stay}>
        ${icon(Hourglass)} ${t('kiosk.more_time')}
      </button>
      <button type="button" class="button large quiet" @click=${leave}>${t('kiosk.leave')}</button>
    </div>
  </dialog>`;
}
