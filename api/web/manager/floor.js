/** The floor: a map of zones and windows, and who waits. Each a function of what the controller said. */

import { html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { clockText } from 'base/format.js';
import { t } from 'base/i18n.js';
import { minutesText, passedSeconds, serviceName, serviceNames, sinceText, windowsWait } from './words.js';

/**
 * @typedef {import('./types.js').Action} Action
 * @typedef {import('./types.js').FloorWindow} FloorWindow
 * @typedef {import('./types.js').ReportForm} ReportForm
 * @typedef {import('./types.js').Sight} Sight
 *
 * @typedef {object} Controls
 * @property {string | null} busy The window whose press is under way.
 * @property {(action: Action, window: FloorWindow) => void} act
 */

/** Who waits longest, as many as are read at a glance. */
const SHOWN_MAX = 12;

/** @type {Record<string, readonly Action[]>} */
const ACTIONS = { open: ['away', 'close'], away: ['back', 'close'], closed: ['open'] };

/**
 * The floor in six figures.
 *
 * @param {Sight} sight
 * @param {ReportForm | null} report
 */
export function sums({ floor, now_ms }, report) {
  const first = floor.longest[0] ?? null;
  const count = (/** @type {string} */ status) => floor.windows.filter((window) => window.status === status).length;
  const long = first !== null && passedSeconds(first.arrived_at, now_ms) >= floor.long_wait_s;
  const total = report?.total ?? null;
  return html`<dl class="sums">
    ${sum(t('manager.waiting_now'), floor.waiting)}
    ${sum(t('manager.longest_wait'), first === null ? t('manager.none') : sinceText(first.arrived_at, now_ms), long)}
    ${sum(
      t('manager.windows_open'),
      html`${count('open')}<small>/${floor.windows.length}</small>`,
      false,
      count('away') > 0 ? t('manager.windows_away', { count: count('away') }) : '',
    )}
    ${total === null
      ? nothing
      : html`${sum(t('manager.served_today'), html`${total.served}<small>/${total.tickets}</small>`)}
        ${sum(t('manager.people_wait_today'), minutesText(total.people_wait_min))}
        ${sum(t('manager.windows_wait_today'), minutesText(windowsWait(total)))}`}
  </dl>`;
}

/** @param {string} term @param {unknown} value @param {boolean} [marked] @param {string} [aside] */
function sum(term, value, marked = false, aside = '') {
  return html`<div class=${marked ? 'long' : ''}>
    <dt>${term}</dt>
    <dd><span class="number">${value}</span>${aside === '' ? nothing : html` <em>${aside}</em>`}</dd>
  </div>`;
}

/**
 * The windows by zone.
 *
 * @param {Sight} sight
 * @param {Controls} controls
 */
export function floorMap(sight, controls) {
  const { floor, plan } = sight;
  const named = plan.zones ?? [];
  const zones = [...new Set(floor.windows.map(({ zone }) => zone ?? ''))].map((id) => ({
    id,
    name: named.find((zone) => zone.id === id)?.name ?? t('manager.windows'),
  }));
  return zones.map(
    ({ id, name }) => html`<section class="zone" aria-label=${name}>
      <h2>${name}</h2>
      <ul class="windows">
        ${repeat(
          floor.windows.filter(({ zone }) => (zone ?? '') === id),
          ({ window }) => window,
          (window) => windowCard(window, sight, controls),
        )}
      </ul>
    </section>`,
  );
}

/** @param {FloorWindow} window @param {Sight} sight @param {Controls} controls */
function windowCard(window, sight, controls) {
  const { now_ms } = sight;
  const since = window.since === null ? nothing : html`<small>${sinceText(window.since, now_ms)}</small>`;
  return html`<li class="window ${window.status}" data-window=${window.window}>
    <header>
      <h3 title=${window.label}>${window.label}</h3>
      <p class="status">${t(`manager.status_${window.status}`)} ${since}</p>
    </header>
    <div class="there">${whatIsThere(window, sight)}</div>
    <footer>
      <p class="clerk">${window.clerk ?? nothing}</p>
      ${(ACTIONS[window.status] ?? []).map(
        (action) => html`<button
          type="button"
          class="press"
          data-action=${action}
          aria-label=${t('manager.act_at', { action: t(`manager.do_${action}`), window: window.label })}
          ?disabled=${controls.busy !== null}
          @click=${() => controls.act(action, window)}
        >
          ${t(`manager.do_${action}`)}
        </button>`,
      )}
    </footer>
  </li>`;
}

/** @param {FloorWindow} window @param {Sight} sight */
function whatIsThere(window, sight) {
  const { now_ms } = sight;
  if (window.status === 'away') return away(window, sight);
  if (window.number !== null && window.stage !== null) {
    return html`<strong class="number">${window.number}</strong>
      <p class="stage stage-${window.stage}">
        ${t(`manager.stage_${window.stage}`)}
        ${window.ticket_since === null ? nothing : html`<small>${sinceText(window.ticket_since, now_ms)}</small>`}
      </p>`;
  }
  if (window.status === 'closed') {
    return window.eligible > 0
      ? html`<p class="wanted">${t('manager.would_serve', { count: window.eligible })}</p>`
      : html`<p>${t('manager.nobody_there')}</p>`;
  }
  return window.eligible > 0
    ? html`<p class="wanted">${t('manager.may_call', { count: window.eligible })}</p>`
    : html`<p>${t('manager.idle')}</p>`;
}

/** @param {FloorWindow} window @param {Sight} sight */
function away(window, { floor, plan, now_ms }) {
  const until = window.until ?? null;
  const other = floor.windows.find((each) => each.window === window.substitute);
  const late = until !== null && Date.parse(until) < now_ms;
  const time = until === null ? '' : clockText(until, plan.hall.timezone);
  return html`<p class="line">
      <span class="reason">${window.notice}</span>
      ${until === null
        ? nothing
        : html`<span class=${late ? 'late' : ''}>${t(late ? 'manager.overdue' : 'manager.until', { time })}</span>`}
    </p>
    <p class="line">${other === undefined ? t('manager.no_substitute') : t('manager.substitute', { window: other.label })}</p>`;
}

/**
 * Who waits: by service, and by number who waits longest.
 *
 * @param {Sight} sight
 */
export function queues({ floor, plan, now_ms }) {
  const is_long = (/** @type {string} */ since) => passedSeconds(since, now_ms) >= floor.long_wait_s;
  const shown = floor.longest.slice(0, SHOWN_MAX);
  return html`<section class="panel queues" aria-labelledby="queues">
    <header class="panel-head">
      <h2 id="queues">${t('manager.queues')}</h2>
      <p>${t('manager.long_is', { minutes: Math.round(floor.long_wait_s / 60) })}</p>
    </header>
    ${floor.unserved.length === 0
      ? nothing
      : html`<p class="alert unserved" role="alert">
          ${t('manager.unserved', { numbers: floor.unserved.join(t('base.list_comma')) })}
        </p>`}
    ${floor.waiting === 0
      ? html`<p class="nobody">${t('manager.nobody_waits')}</p>`
      : html`
          <ul class="by-service">
            ${floor.services.map(
              ({ service, waiting, first }) => html`<li class=${is_long(first) ? 'long' : ''}>
                <span>${serviceName(service, plan)}</span>
                <strong class="number">${waiting}</strong>
                <small>${sinceText(first, now_ms)}</small>
              </li>`,
            )}
          </ul>
          <table class="longest">
            <caption>
              ${t('manager.longest')}
            </caption>
            <thead>
              <tr>
                <th scope="col">${t('manager.number')}</th>
                <th scope="col">${t('manager.waited')}</th>
                <th scope="col">${t('manager.matter')}</th>
              </tr>
            </thead>
            <tbody>
              ${repeat(
                shown,
                ({ number }) => number,
                (ticket) => html`<tr class=${is_long(ticket.arrived_at) ? 'long' : ''}>
                  <th scope="row" class="number">${ticket.number}</th>
                  <td>
                    ${sinceText(ticket.arrived_at, now_ms)}
                    ${is_long(ticket.arrived_at) ? html`<span class="mark">${t('manager.long')}</span>` : nothing}
                  </td>
                  <td>
                    ${serviceNames(ticket.services, plan)}
                    ${ticket.lane === 'normal'
                      ? nothing
                      : html`<span class="lane">${t(`lane.${ticket.lane}`)}</span>`}
                    ${!ticket.served || ticket.manned
                      ? nothing
                      : html`<span class="mark">${t('manager.unmanned')}</span>`}
                  </td>
                </tr>`,
              )}
            </tbody>
          </table>
          ${floor.waiting > shown.length
            ? html`<p class="more">${t('manager.more', { count: floor.waiting - shown.length })}</p>`
            : nothing}
        `}
  </section>`;
}
