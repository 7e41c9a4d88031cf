/** What a matter needs, before a number is taken: what to bring, who may, how long it takes, where else it can be done. */

import { html, nothing } from 'lit';
import { clockText, dayText, waitText } from 'base/format.js';
import { t } from 'base/i18n.js';
import { icon } from 'base/icons.js';
import ArrowLeft from 'lucide/arrow-left.mjs';
import CalendarDays from 'lucide/calendar-days.mjs';
import CalendarPlus from 'lucide/calendar-plus.mjs';
import Clock from 'lucide/clock.mjs';
import Files from 'lucide/files.mjs';
import PrinterX from 'lucide/printer-x.mjs';
import Smartphone from 'lucide/smartphone.mjs';
import Ticket from 'lucide/ticket.mjs';
import UserRoundCheck from 'lucide/user-round-check.mjs';
import UsersRound from 'lucide/users-round.mjs';

/** @typedef {import('./offers.js').Offer} Offer */

/** @param {Offer['materials']} materials */
function materialList(materials) {
  if (materials.length === 0) return html`<p>${t('kiosk.bring_nothing')}</p>`;
  return html`<ul class="materials">
    ${materials.map(
      ({ name, secondary, note }) => html`<li>
        <strong>${name}</strong>
        ${secondary ? html`<span class="later">${t('kiosk.may_follow')}</span>` : nothing}
        ${note === '' ? nothing : html`<span class="note">${note}</span>`}
      </li>`,
    )}
  </ul>`;
}

/** @param {Offer} offer @param {boolean} live */
function facts(offer, live) {
  const { promised_days } = offer;
  return html`<dl class="facts">
    ${live
      ? html`<div>
            <dt>${icon(UsersRound)} ${t('kiosk.ahead')}</dt>
            <dd>${t('kiosk.people', { count: offer.ahead })}</dd>
          </div>
          <div class="fact-wait">
            <dt>${icon(Clock)} ${t('kiosk.wait')}</dt>
            <dd>${waitText(offer.wait)}</dd>
          </div>`
      : nothing}
    <div>
      <dt>${icon(CalendarDays)} ${t('kiosk.takes')}</dt>
      <dd>${promised_days === 0 ? t('kiosk.takes_now') : t('kiosk.takes_days', { count: promised_days })}</dd>
    </div>
  </dl>`;
}

/** @param {Offer} offer @param {string} zone */
function noneLeft(offer, zone) {
  const at = offer.next_at;
  return html`<p class="alert" role="alert">
    ${t('kiosk.quota_full')}
    ${at === null ? nothing : t('kiosk.next_places', { day: dayText(at, zone), time: clockText(at, zone) })}
  </p>`;
}

/**
 * @param {Offer} offer
 * @param {{green: boolean, live: boolean, books: boolean, zone: string, noPaper: boolean}} state `live`: the wait is true.
 * @param {{take: () => void, book: () => void, back: () => void}} acts
 */
export function matterView(offer, { green, live, books, zone, noPaper }, { take, book, back }) {
  const full = offer.left === 0;
  const parts = offer.services.join(t('kiosk.list_mark'));
  const whole = offer.short_name ? offer.name : '';
  return html`<article class="matter">
    <header>
      <h2 class="matter-name" tabindex="-1">${offer.short_name || offer.name}</h2>
      ${green ? html`<span class="lane-tag">${t('lane.green')}</span>` : nothing}
      ${whole === '' ? nothing : html`<p>${whole}</p>`} ${parts === '' ? nothing : html`<p>${parts}</p>`}
    </header>
    ${full ? noneLeft(offer, zone) : facts(offer, live)}
    <section class="needs">
      ${noPaper && !full
        ? html`<p class="alert" role="status">${icon(PrinterX)} ${t('kiosk.no_paper_now')}</p>`
        : nothing}
      <h3>${icon(Files)} ${t('kiosk.to_bring')}</h3>
      ${materialList(offer.materials)}
      ${offer.conditions.length === 0
        ? nothing
        : html`<h3>${icon(UserRoundCheck)} ${t('kiosk.who_may')}</h3>
            <ul>
              ${offer.conditions.map((condition) => html`<li>${condition}</li>`)}
            </ul>`}
      ${offer.online === '' ? nothing : html`<p class="online">${icon(Smartphone)} ${t('kiosk.online_too', { where: offer.online })}</p>`}
    </section>
    <div class="choices">
      ${full
        ? nothing
        : html`<button type="button" class="button large take" @click=${take}>
            ${icon(Ticket)} ${t('kiosk.take')}
          </button>`}
      ${books
        ? html`<button type="button" class="button large ${full ? '' : 'quiet'}" @click=${book}>
            ${icon(CalendarPlus)} ${t('kiosk.book')}
          </button>`
        : nothing}
      <button type="button" class="button large quiet" @click=${back}>${icon(ArrowLeft)} ${t('kiosk.back')}</button>
    </div>
  </article>`;
}
