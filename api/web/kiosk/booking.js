/** Appointments at the machine: a code becomes a place at once; a half-day is booked for later. No phone number is asked. */

import { html, nothing } from 'lit';
import { clockText, dayText } from 'base/format.js';
import { t } from 'base/i18n.js';
import { icon } from 'base/icons.js';
import ArrowLeft from 'lucide/arrow-left.mjs';
import Check from 'lucide/check.mjs';
import Delete from 'lucide/delete.mjs';
import Ticket from 'lucide/ticket.mjs';
import { titleOf } from './offers.js';

/**
 * @typedef {import('./offers.js').Offer} Offer
 * @typedef {{day: string, half: 'morning' | 'afternoon', starts_at: string, left: number | null}} Place
 * @typedef {{appointment: string, starts_at: string}} Booked
 */

export const CODE_DIGITS = 8;
const DIGITS = [...'1234567890'];

/** A half-day that begins with its half: of a hall that never closes. */
const ROUND_THE_CLOCK = ['00:00', '12:00'];

/** @param {string} at @param {string} zone When the hall opens, where that says something. */
function opensText(at, zone) {
  const opens = clockText(at, zone);
  return ROUND_THE_CLOCK.includes(opens) ? '' : t('kiosk.opens_from', { time: opens });
}

/** @param {string} at @param {string} zone */
function halfText(at, zone) {
  return clockText(at, zone) < '12:00' ? t('kiosk.half_morning') : t('kiosk.half_afternoon');
}

/**
 * The code of an appointment, typed with large keys.
 *
 * @param {{code: string, busy: boolean, trouble: string}} state
 * @param {{type: (code: string) => void, checkIn: () => void, back: () => void}} acts
 */
export function checkInView({ code, busy, trouble }, { type, checkIn, back }) {
  const whole = code.length === CODE_DIGITS;
  return html`<section class="check-in">
    <h2 tabindex="-1">${t('kiosk.check_in_how')}</h2>
    <p class="code number" role="status" aria-label=${t('kiosk.code_typed', { code: [...code].join(' ') || '—' })}>
      ${Array.from({ length: CODE_DIGITS }, (_, at) => html`<span>${code[at] ?? '·'}</span>`)}
    </p>
    ${trouble === '' ? nothing : html`<p class="alert" role="alert">${trouble}</p>`}
    <div class="digits">
      ${DIGITS.map(
        (digit) => html`<button
          type="button"
          class="key"
          ?disabled=${whole || busy}
          @click=${() => type(code + digit)}
        >
          ${digit}
        </button>`,
      )}
      <button type="button" class="key wide" ?disabled=${code === ''} @click=${() => type(code.slice(0, -1))}>
        ${icon(Delete)} ${t('kiosk.delete')}
      </button>
    </div>
    <div class="choices">
      <button type="button" class="button large take" ?disabled=${!whole || busy} @click=${checkIn}>
        ${icon(Ticket)} ${t('kiosk.check_in_do')}
      </button>
      <button type="button" class="button large quiet" @click=${back}>${icon(ArrowLeft)} ${t('kiosk.back')}</button>
    </div>
  </section>`;
}

/**
 * The half-days that may be booked; a tap books.
 *
 * @param {{offer: Offer, places: Place[] | null, busy: boolean, trouble: string, zone: string}} state
 * @param {{book: (place: Place) => void, back: () => void}} acts
 */
export function placesView({ offer, places, busy, trouble, zone }, { book, back }) {
  return html`<section class="booking">
    <h2 tabindex="-1">${t('kiosk.book_when', { name: titleOf(offer) })}</h2>
    ${trouble === '' ? nothing : html`<p class="alert" role="alert">${trouble}</p>`}
    ${places === null ? html`<p role="status">${trouble === '' ? t('kiosk.preparing') : nothing}</p>` : nothing}
    ${places?.length === 0 ? html`<p role="status">${t('kiosk.book_none')}</p>` : nothing}
    <ul class="places">
      ${(places ?? []).map(
        (place) => html`<li>
          <button
            type="button"
            class="service place"
            ?disabled=${busy || place.left === 0}
            @click=${() => book(place)}
          >
            <strong>${dayText(place.starts_at, zone)}</strong>
            <span>${t(`kiosk.half_${place.half}`)} ${opensText(place.starts_at, zone)}</span>
            <span class="service-foot">
              ${place.left === null
                ? t('kiosk.places_free')
                : place.left === 0
                  ? t('kiosk.none_left')
                  : t('kiosk.places_left', { count: place.left })}
            </span>
          </button>
        </li>`,
      )}
    </ul>
    <div class="choices">
      <button type="button" class="button large quiet" @click=${back}>${icon(ArrowLeft)} ${t('kiosk.back')}</button>
    </div>
  </section>`;
}

/**
 * The code to come back with.
 *
 * @param {{offer: Offer, booked: Booked, zone: string}} state
 * @param {() => void} done
 */
export function bookedView({ offer, booked, zone }, done) {
  const { appointment, starts_at } = booked;
  return html`<section class="notice booked" role="status">
    <h2 tabindex="-1">${t('kiosk.booked', { name: titleOf(offer) })}</h2>
    <p>${dayText(starts_at, zone)} ${halfText(starts_at, zone)} ${opensText(starts_at, zone)}</p>
    <p class="number booked-code">${appointment.slice(0, 4)} ${appointment.slice(4)}</p>
    <p>${t('kiosk.booked_hint')}</p>
    <div class="choices">
      <button type="button" class="button large" @click=${done}>${icon(Check)} ${t('kiosk.done')}</button>
    </div>
  </section>`;
}
