/** What stands around the choices: the hall's name, what to do now, and the few other ways to a number. */

import { html, nothing } from 'lit';
import { clockText, dayText } from 'base/format.js';
import { t } from 'base/i18n.js';
import { icon } from 'base/icons.js';
import ALargeSmall from 'lucide/a-large-small.mjs';
import Accessibility from 'lucide/accessibility.mjs';
import ArrowLeft from 'lucide/arrow-left.mjs';
import CalendarCheck from 'lucide/calendar-check.mjs';
import ChevronDown from 'lucide/chevron-down.mjs';
import ConciergeBell from 'lucide/concierge-bell.mjs';
import Search from 'lucide/search.mjs';
import Volume2 from 'lucide/volume-2.mjs';
import X from 'lucide/x.mjs';

/**
 * The hall's name, the time, and what is always there: help from a person, the other version, the other language.
 *
 * @param {{offers: import('./offers.js').Offers | null, now: Date, elder: boolean, speaking: boolean,
 *   languageSwitch: () => unknown}} page
 * @param {string} name Of the hall.
 * @param {import('./view.js').Acts} acts
 */
export function head(page, name, acts) {
  const { offers, now, elder, speaking } = page;
  const zone = offers?.timezone;
  return html`<header class="head">
    <h1>${name}</h1>
    <p class="speaking ${speaking ? 'on' : ''}" aria-hidden="true">${speaking ? icon(Volume2) : nothing}</p>
    <p class="head-time">
      <time class="number">${clockText(now, zone)}</time><span>${dayText(now, zone)}</span>
    </p>
    <div class="head-buttons">
      <button type="button" class="language staff" @click=${acts.staff}>
        ${icon(ConciergeBell)} ${t('kiosk.staff')}
      </button>
      <button type="button" class="language version" @click=${acts.flip}>
        ${icon(ALargeSmall)} ${elder ? t('kiosk.standard') : t('kiosk.elder')}
      </button>
      ${page.languageSwitch()}
    </div>
  </header>`;
}

/**
 * What to do now.
 *
 * @param {boolean} green
 * @param {'home' | 'group' | 'search'} kind
 */
export function prompt(green, kind) {
  const hint = kind === 'search' ? t('kiosk.search_how') : green ? t('kiosk.green_on_hint') : t('kiosk.choose_hint');
  return html`<div class="lane-say ${green ? 'on' : ''}" aria-live="polite">
    <h2>${green ? t('kiosk.green_on') : kind === 'search' ? t('kiosk.search_title') : t('kiosk.choose')}</h2>
    <p>${hint}</p>
  </div>`;
}

/**
 * The other ways to a number.
 *
 * @param {boolean} green
 * @param {'home' | 'group' | 'search'} kind
 * @param {import('./view.js').Acts} acts
 */
export function actions(green, kind, acts) {
  return html`<nav class="lane-bar" aria-label=${t('kiosk.other_ways')}>
    ${kind === 'home'
      ? nothing
      : html`<button type="button" class="action back" @click=${acts.back}>${icon(ArrowLeft)} ${t('kiosk.back')}</button>`}
    <button type="button" class="action lane-button" aria-pressed=${green ? 'true' : 'false'} @click=${acts.green}>
      <strong>${icon(green ? X : Accessibility)} ${green ? t('kiosk.green_off') : t('kiosk.green')}</strong>
      ${green ? nothing : html`<span>${t('kiosk.green_who')}</span>`}
    </button>
    ${kind === 'search'
      ? nothing
      : html`<button type="button" class="action" @click=${acts.search}>
          <strong>${icon(Search)} ${t('kiosk.search')}</strong><span>${t('kiosk.search_example')}</span>
        </button>`}
    ${kind === 'home'
      ? html`<button type="button" class="action" @click=${acts.checkInStart}>
          <strong>${icon(CalendarCheck)} ${t('kiosk.check_in')}</strong><span>${t('kiosk.check_in_hint')}</span>
        </button>`
      : nothing}
  </nav>`;
}

/** One tap on "more" goes down by this share of a screen, so that the last row stays in sight. */
const SCROLL_SHARE = 0.7;

/** A button that goes on to what lies below the edge of the screen. */
export function moreBelow() {
  const down = () => scrollBy({ top: document.documentElement.clientHeight * SCROLL_SHARE, behavior: 'smooth' });
  return html`<button type="button" class="more" @click=${down}>${t('kiosk.more')} ${icon(ChevronDown)}</button>`;
}
