/** Large buttons to choose by: services grouped by field, groups of the elder version, a search by letters. */

import { html, nothing } from 'lit';
import { t } from 'base/i18n.js';
import { icon } from 'base/icons.js';
import Delete from 'lucide/delete.mjs';
import HouseHeart from 'lucide/house-heart.mjs';
import PackageCheck from 'lucide/package-check.mjs';
import ShieldPlus from 'lucide/shield-plus.mjs';
import Wheat from 'lucide/wheat.mjs';
import { GROUPS, found, inGroup, titleOf, waitingFor } from './offers.js';

/**
 * @typedef {import('base/types.js').Board} Board
 * @typedef {import('./offers.js').Group} Group
 * @typedef {import('./offers.js').Offer} Offer
 *
 * @typedef {{board: Board | null, green: boolean, choose: (offer: Offer) => void}} Around What every tile needs.
 */

const LETTERS = [...'abcdefghijklmnopqrstuvwxyz'];
/** Names on a group's tile: enough to know what it is about. */
const EXAMPLES_MAX = 4;

/** @param {Offer} offer What else it is called; of a package, what it holds. */
function otherNames(offer) {
  const mark = t('kiosk.list_mark');
  if (offer.kind === 'package') return offer.services.join(mark);
  if (offer.aliases.length > 0) return t('kiosk.also', { names: offer.aliases.join(mark) });
  return offer.short_name ? offer.name : '';
}

/** @param {Offer} offer @param {Around} around */
function tile(offer, { board, choose }) {
  const waiting = waitingFor(offer, board);
  const others = otherNames(offer);
  return html`<li>
    <button type="button" class="service" @click=${() => choose(offer)}>
      <strong>${titleOf(offer)}</strong>
      ${others === '' ? nothing : html`<span class="service-others">${others}</span>`}
      <span class="service-foot">
        <span>${offer.department}</span>
        ${offer.left === 0
          ? html`<span class="service-full">${t('kiosk.none_left')}</span>`
          : waiting === null
            ? nothing
            : html`<span class="service-waiting">${t('kiosk.waiting', { count: waiting })}</span>`}
      </span>
    </button>
  </li>`;
}

/** What each group is about, for who reads slowly. @type {Record<Group, import('base/icons.js').Drawing>} */
const PICTURES = { packages: PackageCheck, social: ShieldPlus, livelihood: HouseHeart, rural: Wheat };

/** @param {Group} group */
function groupName(group) {
  return group === 'packages' ? t('kiosk.packages') : t(`field.${group}`);
}

/**
 * One group with its services.
 *
 * @param {Group} group
 * @param {Offer[]} offers
 * @param {Around} around
 */
export function groupList(group, offers, around) {
  const own = inGroup(offers, group);
  if (own.length === 0) return nothing;
  return html`<section class="group group-${group} ${around.green ? 'lane-green' : ''}">
    <h2>${icon(PICTURES[group])} ${groupName(group)}</h2>
    <ul class="services">
      ${own.map((offer) => tile(offer, around))}
    </ul>
  </section>`;
}

/**
 * Everything, group by group: one tap chooses.
 *
 * @param {Offer[]} offers
 * @param {Around} around
 */
export function allGroups(offers, around) {
  return GROUPS.map((group) => groupList(group, offers, around));
}

/**
 * The groups alone, as few large tiles: the first choice of the elder version.
 *
 * @param {Offer[]} offers
 * @param {boolean} green
 * @param {(group: Group) => void} choose
 */
export function groupTiles(offers, green, choose) {
  return html`<ul class="groups">
    ${GROUPS.map((group) => {
      const own = inGroup(offers, group);
      const names = own.slice(0, EXAMPLES_MAX).map((offer) => titleOf(offer));
      return own.length === 0
        ? nothing
        : html`<li class="group-${group} ${green ? 'lane-green' : ''}">
            <button type="button" class="group-tile" @click=${() => choose(group)}>
              <strong>${icon(PICTURES[group])} ${groupName(group)}</strong>
              <span>${t('kiosk.such_as', { names: names.join(t('kiosk.list_mark')) })}</span>
            </button>
          </li>`;
    })}
  </ul>`;
}

/**
 * Search by the first letters of each syllable.
 *
 * @param {Offer[]} offers
 * @param {string} typed
 * @param {Around} around
 * @param {(typed: string) => void} type
 */
export function searchView(offers, typed, around, type) {
  const results = found(offers, typed);
  return html`<section class="search">
    <p class="typed" role="status">
      <span class="typed-letters">${typed === '' ? t('kiosk.search_hint') : typed.toUpperCase()}</span>
      ${typed === '' ? nothing : html`<span>${t('kiosk.found', { count: results.length })}</span>`}
    </p>
    ${results.length === 0 ? nothing : html`<ul class="services">${results.map((offer) => tile(offer, around))}</ul>`}
    <div class="letters">
      ${LETTERS.map(
        (letter) => html`<button type="button" class="key" @click=${() => type(typed + letter)}>
          ${letter.toUpperCase()}
        </button>`,
      )}
      <button type="button" class="key wide" ?disabled=${typed === ''} @click=${() => type(typed.slice(0, -1))}>
        ${icon(Delete)} ${t('kiosk.delete')}
      </button>
    </div>
  </section>`;
}
