/** The parts of the TV's picture, each a function of the board. */

import { html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { clockText, dayText } from 'base/format.js';
import { t } from 'base/i18n.js';
import { icon } from 'base/icons.js';
import RotateCcwClock from 'lucide/rotate-ccw-clock.mjs';
import UsersRound from 'lucide/users-round.mjs';
import { callKey } from './calls.js';
import { sized } from './sized.js';
import { isPortrait, part } from './turns.js';

/**
 * @typedef {import('base/types.js').Board} Board
 * @typedef {import('base/types.js').CallForm} CallForm
 * @typedef {import('base/types.js').PlanForm} PlanForm
 * @typedef {import('base/types.js').WindowForm} WindowForm
 */

/** Calls that are shown large at once; further ones lead the list beside them. */
const LARGE_MAX = 6;
const LISTED_MAX = 6;
const SERVICES_MAX = 4;
/** Windows on the glass at once; a larger hall's are shown in turn, for the calls need the room. */
const TILES_MAX = 6;
const TURN_MS = 8000;
/** Letters of a service's name beside its figure. */
const SERVICE_EMS = 9;
/** Width of the glass, of the gaps between tiles and of what a tile keeps free within, in root ems; a letter takes two. */
const GLASS_REM = { upright: 63.5, across: 116 };
const GAP_REM = 1.25;
const TILE_INNER_REM = 2.2;
const LETTER_REM = 2;

/** @param {number} count Tiles on the glass. @returns {number} letters that a line of a tile has room for */
function tileEms(count) {
  const [width_rem, columns] = isPortrait()
    ? [GLASS_REM.upright, count === 4 ? 2 : Math.min(count, 3)]
    : [GLASS_REM.across, count];
  return Math.floor(((width_rem - GAP_REM * (columns - 1)) / columns - TILE_INNER_REM) / LETTER_REM);
}

/** @param {CallForm} call Why it goes before others, and that it is not the first call. */
function marks(call) {
  const lane = call.lane ?? 'normal';
  if (lane === 'normal' && call.times <= 1) return nothing;
  return html`<span class="call-marks">
    ${lane === 'normal' ? nothing : html`<span>${t(`lane.${lane}`)}</span>`}
    ${call.times > 1 ? html`<span>${t('tv.times', { times: call.times })}</span>` : nothing}
  </span>`;
}

/**
 * The calls that somebody must follow now.
 *
 * @param {CallForm[]} calls
 * @param {(call: CallForm) => boolean} isFresh
 */
export function nowPanel(calls, isFresh) {
  const shown = calls.slice(0, LARGE_MAX);
  return html`<section class="now" data-count=${shown.length} aria-live="assertive">
    ${repeat(
      shown,
      callKey,
      (call) => html`<article class="call ${isFresh(call) ? 'fresh' : ''}" data-call=${callKey(call)}>
        <div class="call-box">
          <p class="call-number number" ${sized(call.number)}>${call.number}</p>
          <p class="call-where">
            <span class="call-go" ${sized(t('tv.go_to'))}>${t('tv.go_to')}</span>
            <strong class="call-window" ${sized(call.label)}>${call.label}</strong>
            ${marks(call)}
          </p>
        </div>
      </article>`,
    )}
  </section>`;
}

/**
 * Nobody is called: what the large place says then.
 *
 * @param {Board} board
 * @param {PlanForm | null} plan
 */
export function quietPanel(board, plan) {
  const opens = board.opens_at;
  const zone = plan?.hall.timezone;
  const said = opens
    ? t('tv.opens_at', { day: dayText(opens, zone), time: clockText(opens, zone) })
    : t('tv.closed_hint');
  return html`<section class="now quiet" data-count="0">
    <h2>${board.open ? t('tv.none_now') : t('tv.closed')}</h2>
    <p>${board.open ? t('tv.none_hint') : said}</p>
  </section>`;
}

/**
 * The last calls, newest first; those that somebody must still follow stand out, and those of them that found no large
 * place come first.
 *
 * @param {CallForm[]} calls
 * @param {CallForm[]} now
 * @param {string | undefined} zone The hall's time zone.
 */
export function recentPanel(calls, now, zone) {
  const standing = new Set(now.map(callKey));
  const crowded = now.slice(LARGE_MAX);
  const listed = [...crowded, ...calls.filter((call) => !crowded.includes(call))].slice(0, LISTED_MAX);
  return html`<section class="panel recent">
    <h2>${icon(RotateCcwClock)} ${t('tv.recent')}</h2>
    ${listed.length === 0 ? html`<p class="none">${t('tv.no_recent')}</p>` : nothing}
    <ol>
      ${repeat(
        listed,
        (call) => call.call,
        (call) => html`<li class=${standing.has(callKey(call)) ? 'standing' : ''}>
          <span class="recent-number number">${call.number}</span>
          <span class="recent-window" ${sized(call.label)}>${call.label}</span>
          <time class="recent-at number" datetime=${call.at}>${clockText(call.at, zone)}</time>
        </li>`,
      )}
    </ol>
  </section>`;
}

/**
 * How many wait, in all and by service.
 *
 * @param {Board} board
 * @param {PlanForm | null} plan Names the services; without it the figure for all stands alone.
 * @param {number} now_ms
 */
export function waitingPanel(board, plan, now_ms) {
  /** @type {{name: string, count: number}[]} */
  const named = [];
  let others = 0;
  for (const [code, count] of Object.entries(board.waiting_by_service)) {
    const service = plan?.services.find((each) => each.code === code);
    if (service === undefined) others += count;
    else named.push({ name: service.short_name || service.name, count });
  }
  named.sort((one, other) => other.count - one.count);
  const shown = named.slice(0, SERVICES_MAX);
  for (const { count } of named.slice(SERVICES_MAX)) others += count;
  return html`<section class="panel waiting">
    <h2>${icon(UsersRound)} ${t('tv.waiting')}</h2>
    <p class="waiting-all"><strong class="number">${board.waiting}</strong> <span>${t('tv.people')}</span></p>
    <ul>
      ${shown.map(({ name, count }) => html`<li><span>${part(name, SERVICE_EMS, now_ms)}</span><strong class="number">${count}</strong></li>`)}
      ${others > 0 && shown.length > 0
        ? html`<li><span>${t('tv.others')}</span><strong class="number">${others}</strong></li>`
        : nothing}
    </ul>
  </section>`;
}

/**
 * @param {WindowForm} window
 * @param {string | undefined} zone
 * @param {(text: string) => string} fit The part of a text whose turn it is.
 */
function awayLines(window, zone, fit) {
  const elsewhere = window.substitute_label ? t('tv.substitute', { label: window.substitute_label }) : '';
  return html`
    <p class="tile-state">
      ${fit(window.notice ? t('tv.away_because', { reason: window.notice }) : t('tv.away'))}
    </p>
    ${elsewhere === '' ? nothing : html`<p class="tile-note tile-elsewhere" ${sized(elsewhere)}>${elsewhere}</p>`}
    <p class="tile-note">${window.until ? fit(t('tv.until', { time: clockText(window.until, zone) })) : nothing}</p>
  `;
}

/**
 * @param {WindowForm} window
 * @param {string | undefined} zone
 * @param {(text: string) => string} fit
 */
function tileLines(window, zone, fit) {
  if (window.status === 'closed') return html`<p class="tile-state">${t('tv.window_closed')}</p>`;
  if (window.status === 'away') return awayLines(window, zone, fit);
  if (window.number === null) return html`<p class="tile-state">${t('tv.idle')}</p>`;
  return html`
    <p class="tile-number number">${window.number}</p>
    <p class="tile-state">${window.stage === 'called' ? t('tv.called') : t('tv.serving')}</p>
  `;
}

/**
 * What each window does.
 *
 * @param {Board} board
 * @param {number} now_ms Chooses the windows whose turn it is where not all have a place.
 * @param {string | undefined} zone
 */
export function windowsPanel(board, now_ms, zone) {
  const count = board.windows.length;
  const pages = Math.max(1, Math.ceil(count / TILES_MAX));
  const page = Math.floor(now_ms / TURN_MS) % pages;
  const perPage = Math.ceil(count / pages);
  const shown = board.windows.slice(page * perPage, (page + 1) * perPage);
  const fit = (/** @type {string} */ text) => part(text, tileEms(perPage), now_ms);
  return html`<section class="windows" data-count=${perPage}>
    ${repeat(
      shown,
      (window) => window.window,
      (window) => html`<article
        class="tile tile-${window.status} ${window.stage === null ? '' : `tile-${window.stage}`}"
        data-window=${window.window}
      >
        <h3 ${sized(window.label)}>${window.label}</h3>
        ${tileLines(window, zone, fit)}
      </article>`,
    )}
  </section>`;
}
