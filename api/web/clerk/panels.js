/** The parts of the clerk's console, each a function of what the controller said. */

import { html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { clockText } from 'base/format.js';
import { t } from 'base/i18n.js';
import { icon } from 'base/icons.js';
import ArrowRightLeft from 'lucide/arrow-right-left.mjs';
import BellRing from 'lucide/bell-ring.mjs';
import Check from 'lucide/check.mjs';
import Clock from 'lucide/clock.mjs';
import DoorClosed from 'lucide/door-closed.mjs';
import DoorOpen from 'lucide/door-open.mjs';
import Pause from 'lucide/pause.mjs';
import Play from 'lucide/play.mjs';
import Repeat from 'lucide/repeat.mjs';
import StepForward from 'lucide/step-forward.mjs';
import Undo2 from 'lucide/undo-2.mjs';
import UserRoundX from 'lucide/user-round-x.mjs';
import UsersRound from 'lucide/users-round.mjs';
import { KEYS, TICKET_ACTIONS, selects } from './actions.js';

/**
 * @typedef {import('./actions.js').Action} Action
 * @typedef {import('./actions.js').ConsoleForm} ConsoleForm
 * @typedef {import('./actions.js').TicketForm} TicketForm
 * @typedef {import('./actions.js').WindowForm} WindowForm
 * @typedef {import('base/types.js').Board} Board
 * @typedef {import('base/types.js').PlanWindow & {serves?: (string | {field?: string, department?: string})[]}} PlanWindow
 * @typedef {Omit<import('base/types.js').PlanForm, 'windows'> & {windows: PlanWindow[]}} PlanForm
 *
 * @typedef {object} Sight What the panels look at.
 * @property {ConsoleForm} form
 * @property {PlanForm} plan
 * @property {Board | null} board
 * @property {number} now_ms The hall's time.
 *
 * @typedef {object} Controls
 * @property {ReadonlySet<Action>} allowed
 * @property {Action} likely
 * @property {Action | null} busy
 * @property {(action: Action) => void} act
 */

const SECOND_MS = 1000;
const MINUTE_S = 60;
/** So often a number is called before it counts as passed, as notices in halls say. */
const CALLS_BEFORE_PASSED = 3;

/**
 * Names of services.
 *
 * @param {readonly string[]} codes
 * @param {PlanForm} plan
 * @returns {string}
 */
export function serviceNames(codes, plan) {
  const names = codes.map((code) => plan.services.find((service) => service.code === code)?.name ?? code);
  return names.join(t('base.list_comma'));
}

/** @param {string} from @param {string | number} to @returns {string} whole minutes */
function minutesText(from, to) {
  const until_ms = typeof to === 'number' ? to : Date.parse(to);
  const minutes = Math.max(0, Math.floor((until_ms - Date.parse(from)) / SECOND_MS / MINUTE_S));
  return t('clerk.minutes', { minutes });
}

/** @param {string} from @param {number} now_ms @returns {string} e.g. `3:05` */
function stopwatch(from, now_ms) {
  const passed_s = Math.max(0, Math.floor((now_ms - Date.parse(from)) / SECOND_MS));
  return `${Math.floor(passed_s / MINUTE_S)}:${String(passed_s % MINUTE_S).padStart(2, '0')}`;
}

/** @param {TicketForm} ticket */
function laneBadge(ticket) {
  return ticket.lane === 'normal'
    ? nothing
    : html`<span class="lane lane-${ticket.lane}">${t(`lane.${ticket.lane}`)}</span>`;
}

/** @param {string} term @param {unknown} value */
function fact(term, value) {
  return html`<div><dt>${term}</dt><dd>${value}</dd></div>`;
}

/** @param {Sight} sight @param {TicketForm} ticket */
function ticketFacts({ form, plan, now_ms }, ticket) {
  const zone = plan.hall.timezone;
  const called = ticket.called_at ?? null;
  const started = ticket.started_at ?? null;
  const times = form.window.times ?? 0;
  return html`<dl class="facts">
    ${fact(t('clerk.taken_at'), html`<span class="number">${clockText(ticket.issued_at, zone)}</span>`)}
    ${fact(t('clerk.waited'), minutesText(ticket.issued_at, called ?? now_ms))}
    ${form.window.stage === 'called' && called !== null
      ? fact(
          t('clerk.called_for'),
          html`<span class="number">${stopwatch(called, now_ms)}</span> ${t('clerk.times', { times })}`,
        )
      : nothing}
    ${form.window.stage === 'serving' && started !== null
      ? fact(t('clerk.serving_for'), html`<span class="number">${stopwatch(started, now_ms)}</span>`)
      : nothing}
  </dl>`;
}

/**
 * The ticket at the window, large.
 *
 * @param {Sight} sight
 */
export function currentPanel(sight) {
  const { form, plan } = sight;
  const { window } = form;
  const ticket = form.current?.ticket === window.ticket ? form.current : null;
  if (window.number === null) {
    return html`<section class="current idle">
      <h2>${form.eligible > 0 ? t('clerk.idle_waiting', { count: form.eligible }) : t('clerk.idle')}</h2>
      <p>${form.eligible > 0 ? t('clerk.idle_press') : t('clerk.idle_hint')}</p>
    </section>`;
  }
  const tired = window.stage === 'called' && (window.times ?? 0) >= CALLS_BEFORE_PASSED;
  return html`<section class="current ${window.stage ?? ''}" aria-live="polite">
    <p class="stage">
      ${window.stage === 'called' ? t('clerk.stage_called') : t('clerk.stage_serving')}
      ${ticket === null ? nothing : laneBadge(ticket)}
    </p>
    <p class="current-number number">${window.number}</p>
    <div class="current-about">
      <h2>${ticket === null ? nothing : serviceNames(ticket.services, plan)}</h2>
      ${ticket === null ? nothing : ticketFacts(sight, ticket)}
      ${tired ? html`<p class="hint">${t('clerk.called_enough', { key: KEYS.no_show })}</p>` : nothing}
    </div>
  </section>`;
}

/**
 * The clerk is away: what people read, and the way back.
 *
 * @param {Sight} sight
 */
export function awayPanel({ form, plan, board }) {
  const { window } = form;
  const substitute = board?.windows.find((each) => each.window === window.substitute);
  return html`<section class="current away">
    <p class="stage">${t('clerk.status_away')}</p>
    <h2>${window.notice ?? nothing}</h2>
    <p>
      ${substitute === undefined ? t('clerk.away_alone') : t('clerk.away_sent', { label: substitute.label })}
      ${window.until ? t('clerk.away_until', { time: clockText(window.until, plan.hall.timezone) }) : nothing}
    </p>
  </section>`;
}

/** @type {Record<Action, import('base/icons.js').Drawing>} */
const PICTURES = {
  open: DoorOpen,
  next: BellRing,
  recall: Repeat,
  start: Play,
  finish: Check,
  no_show: UserRoundX,
  hold: Pause,
  resume: StepForward,
  transfer: ArrowRightLeft,
  away: Clock,
  back: Undo2,
  close: DoorClosed,
};

/**
 * A button with its key.
 *
 * @param {Action} action
 * @param {Controls} controls
 * @param {string} [label]
 */
function actionButton(action, { allowed, likely, busy, act }, label = t(`clerk.do_${action}`)) {
  const classes = ['act', action === likely ? 'likely' : '', busy === action ? 'busy' : ''].join(' ');
  return html`<button
    type="button"
    class=${classes}
    data-action=${action}
    aria-keyshortcuts=${KEYS[action]}
    aria-busy=${busy === action ? 'true' : 'false'}
    ?disabled=${busy !== null || !allowed.has(action)}
    @click=${() => act(action)}
  >
    ${icon(PICTURES[action])}<span>${label}</span><kbd>${KEYS[action]}</kbd>
  </button>`;
}

/**
 * All buttons, each always in the same place.
 *
 * @param {WindowForm} window
 * @param {Controls} controls
 */
export function actionsPanel(window, controls) {
  const post = window.status === 'away' ? 'back' : 'away';
  const label = (/** @type {Action} */ action) =>
    action === 'next' && window.stage === 'serving' ? t('clerk.finish_and_next') : t(`clerk.do_${action}`);
  return html`<div class="actions" role="group" aria-label=${t('clerk.actions')}>
    ${TICKET_ACTIONS.map((action) => actionButton(action, controls, label(action)))}
    <div class="actions-post">
      ${actionButton(post, controls)} ${actionButton(window.status === 'closed' ? 'open' : 'close', controls)}
    </div>
  </div>`;
}

/** @param {ConsoleForm} form why this number is called next: a clerk is asked so by whoever waits */
function whyNext({ why = [] }) {
  if (why.length === 0) return nothing;
  return html`<div class="why">
    <strong>${t('clerk.next_why')}</strong>
    <ul>
      ${why.map(({ text }) => html`<li>${text}</li>`)}
    </ul>
  </div>`;
}

/**
 * Who waits for this window.
 *
 * @param {Sight} sight
 */
export function queuePanel({ form, plan, board, now_ms }) {
  const serves = plan.windows.find((each) => each.id === form.window.window)?.serves ?? [];
  const counts = plan.services.filter((service) => selects(serves, service)).flatMap((service) => {
    const count = board?.waiting_by_service[service.code] ?? 0;
    return count > 0 ? [{ name: service.short_name || service.name, count }] : [];
  });
  return html`<section class="side queue">
    <h2>${icon(UsersRound)} ${t('clerk.queue')} <strong class="number">${t('clerk.people', { count: form.eligible })}</strong></h2>
    <ul class="counts">
      ${counts.map(({ name, count }) => html`<li>${name} <strong class="number">${count}</strong></li>`)}
    </ul>
    ${form.next.length === 0 ? html`<p class="none">${t('clerk.queue_empty')}</p>` : nothing}
    <ol class="tickets">
      ${repeat(
        form.next,
        (ticket) => ticket.ticket,
        (ticket, at) => html`<li class=${at === 0 ? 'first' : ''}>
          <span class="number">${ticket.number}</span>
          <span class="ticket-about">${serviceNames(ticket.services, plan)} ${laneBadge(ticket)}</span>
          <span class="ticket-wait">${minutesText(ticket.issued_at, now_ms)}</span>
          ${at === 0 ? whyNext(form) : nothing}
        </li>`,
      )}
    </ol>
    ${form.eligible > form.next.length
      ? html`<p class="none">${t('clerk.queue_more', { count: form.eligible - form.next.length })}</p>`
      : nothing}
  </section>`;
}

/**
 * Tickets set aside at this window.
 *
 * @param {Sight} sight
 * @param {{may: boolean, resume: (ticket: TicketForm) => void}} controls
 */
export function heldPanel({ form, plan }, { may, resume }) {
  if (form.held.length === 0) return nothing;
  return html`<section class="side held">
    <h2>${icon(Pause)} ${t('clerk.held')} <strong class="number">${t('clerk.people', { count: form.held.length })}</strong></h2>
    <ol class="tickets">
      ${repeat(
        form.held,
        (ticket) => ticket.ticket,
        (ticket) => html`<li>
          <span class="number">${ticket.number}</span>
          <span class="ticket-about">${serviceNames(ticket.services, plan)} ${laneBadge(ticket)}</span>
          <button type="button" class="take" ?disabled=${!may} @click=${() => resume(ticket)}>
            ${t('clerk.do_resume')}
          </button>
        </li>`,
      )}
    </ol>
  </section>`;
}
