/** Which screen stands for what the machine shows now. */

import { html, nothing } from 'lit';
import { t } from 'base/i18n.js';
import { icon } from 'base/icons.js';
import PrinterX from 'lucide/printer-x.mjs';
import { bookedView, checkInView, placesView } from './booking.js';
import { actions, moreBelow, prompt } from './frame.js';
import { issuedView } from './issued.js';
import { matterView } from './matter.js';
import { closedView, refusedView, staffAwayView, staffView } from './notices.js';
import { allGroups, groupList, groupTiles, searchView } from './tiles.js';

/**
 * @typedef {import('./offers.js').Offer} Offer
 * @typedef {import('./offers.js').Offers} Offers
 * @typedef {import('./view.js').Acts} Acts
 * @typedef {import('./view.js').Choosing} Choosing
 * @typedef {import('./view.js').View} View
 *
 * @typedef {object} Page What of the page its screens show.
 * @property {View} view
 * @property {import('base/types.js').Board | null} board
 * @property {import('base/socket.js').Connection} connection
 * @property {boolean} green
 * @property {boolean} elder
 * @property {boolean} more
 * @property {boolean} noPaper
 */

/**
 * @param {Page} page
 * @param {Offers} offers
 * @param {Acts} acts
 */
export function screen(page, offers, acts) {
  const { view } = page;
  const zone = offers.timezone;
  const isOpen = page.board?.open ?? offers.open;
  const opens = page.board?.opens_at ?? offers.opens_at;
  switch (view.kind) {
    case 'issued':
      return issuedView(view, { done: acts.home, giveBack: acts.giveBack });
    case 'booked':
      return bookedView({ ...view, zone }, acts.home);
    case 'places':
      return placesView({ ...view, zone }, acts);
    case 'taking':
      return html`<section class="notice" role="status"><h2>${t('kiosk.taking')}</h2></section>`;
    case 'refused':
      return refused(view, offers, acts);
    case 'staff': {
      if (!isOpen) return staffAwayView({ opens, zone, books: offers.books }, acts.back);
      const helper = offers.services.find((offer) => offer.special === 'assisted');
      return staffView(helper, { take: () => helper && acts.wish(helper, 'assisted'), back: acts.back });
    }
    default:
      break;
  }
  if (!isOpen) return closedView(offers, opens, (offer) => acts.places(offer, { kind: 'home' }));
  return open(page, offers, view, acts);
}

/** @param {Extract<View, {kind: 'refused'}>} view @param {Offers} offers @param {Acts} acts */
function refused({ wish, detail, again }, offers, acts) {
  const offer = offers.services.find((one) => one.code === wish.code);
  const book = () => offer && acts.places(offer, { kind: 'home' });
  const books = !again && offers.books && offer !== undefined;
  return refusedView({ detail, again, books }, { again: () => acts.take(wish), book, back: acts.back });
}

/**
 * An open hall.
 *
 * @param {Page} page
 * @param {Offers} offers
 * @param {Extract<View, {kind: 'home' | 'group' | 'search' | 'matter' | 'check_in'}>} view
 * @param {Acts} acts
 */
function open(page, offers, view, acts) {
  const live = page.connection === 'live';
  if (view.kind === 'matter') {
    const { offer, from } = view;
    const state = { green: page.green, live, books: offers.books, zone: offers.timezone, noPaper: page.noPaper };
    return matterView(offer, state, {
      take: () => acts.wish(offer),
      book: () => acts.places(offer, from),
      back: acts.back,
    });
  }
  if (view.kind === 'check_in') {
    return checkInView(view, acts);
  }
  return html`
    ${page.noPaper ? html`<p class="alert" role="status">${icon(PrinterX)} ${t('kiosk.no_paper_now')}</p>` : nothing}
    ${prompt(page.green, view.kind)} ${actions(page.green, view.kind, acts)}
    ${choices(page, offers.services, view, acts)} ${page.more && view.kind !== 'search' ? moreBelow() : nothing}
  `;
}

/** @param {Page} page @param {Offer[]} offers @param {Choosing} view @param {Acts} acts */
function choices(page, offers, view, acts) {
  const board = page.connection === 'live' ? page.board : null;
  const around = { board, green: page.green, choose: acts.choose };
  if (view.kind === 'group') return groupList(view.group, offers, around);
  if (view.kind === 'search') return searchView(offers, view.typed, around, acts.type);
  return page.elder ? groupTiles(offers, page.green, acts.group) : allGroups(offers, around);
}
