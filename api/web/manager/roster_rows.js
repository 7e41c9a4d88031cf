/** Posts and turns as a form, and as a week to look at; each a function of the draft. */

import { html, nothing } from 'lit';
import { language, t } from 'base/i18n.js';

/**
 * @typedef {import('./types.js').PlanFault} PlanFault
 * @typedef {import('base/types.js').PlanWindow} PlanWindow
 *
 * @typedef {object} Post
 * @property {string} id
 * @property {string} window
 * @property {string} primary Its A clerk.
 * @property {string[]} backups Its B clerks; who is asked first stands first.
 * @property {string} name
 *
 * @typedef {object} Shift A clerk's turn at a post.
 * @property {string} post
 * @property {string} clerk
 * @property {number[]} weekdays 1 is Monday.
 * @property {string | null} first
 * @property {string | null} last
 *
 * @typedef {{posts: Post[], roster: Shift[]}} Staff
 *
 * @typedef {object} Editing What the rows look at and do.
 * @property {Staff} staff
 * @property {readonly PlanWindow[]} windows
 * @property {readonly PlanFault[]} faults Of the last check.
 * @property {(at: number, change: Partial<Post>) => void} editPost
 * @property {(at: number, change: Partial<Shift>) => void} editShift
 * @property {(at: number) => void} dropPost
 * @property {(at: number) => void} dropShift
 * @property {(post: string) => void} addShift
 */

const NAME_MAX = 40;
const WEEKDAYS = [1, 2, 3, 4, 5, 6, 7];
const DAY_MS = 86400000;
/** A Monday: names of weekdays come from it. */
const SOME_MONDAY = '2024-01-01';
/** Where an id of the list of known clerks stands. */
export const CLERKS_ID = 'known-clerks';

/** @param {string} day @param {number} days @returns {string} a date so many days later */
function dayAfter(day, days) {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, SOME_MONDAY.length);
}

/** @param {string} day @returns {number} 1 is Monday */
function weekdayOf(day) {
  return ((Math.round((Date.parse(day) - Date.parse(SOME_MONDAY)) / DAY_MS) % 7) + 7) % 7 + 1;
}

/** @param {number} weekday @param {'short' | 'narrow'} style @returns {string} */
function weekdayName(weekday, style) {
  const day = new Date(`${dayAfter(SOME_MONDAY, weekday - 1)}T00:00:00Z`);
  return new Intl.DateTimeFormat(language(), { weekday: style, timeZone: 'UTC' }).format(day);
}

/** @param {Staff} staff @returns {string[]} everybody whom the posts and turns name */
export function clerksOf({ posts, roster }) {
  const named = [...posts.flatMap(({ primary, backups }) => [primary, ...backups]), ...roster.map(({ clerk }) => clerk)];
  return [...new Set(named.filter((name) => name.trim() !== ''))].sort((one, other) => one.localeCompare(other));
}

/** @param {Staff} staff @param {Post} post @param {string} day @returns {string[]} whose turn it is */
function onTurn({ roster }, post, day) {
  return roster
    .filter(
      ({ post: of, weekdays, first, last }) =>
        of === post.id &&
        weekdays.includes(weekdayOf(day)) &&
        (first === null || first === '' || first <= day) &&
        (last === null || last === '' || day <= last),
    )
    .map(({ clerk }) => clerk);
}

/**
 * This week: who staffs which post. Where the roster names nobody, the A clerk does.
 *
 * @param {Staff} staff
 * @param {readonly PlanWindow[]} windows
 * @param {string} today
 */
export function weekTable(staff, windows, today) {
  const monday = dayAfter(today, 1 - weekdayOf(today));
  const days = WEEKDAYS.map((weekday) => dayAfter(monday, weekday - 1));
  const label = (/** @type {string} */ id) => windows.find((window) => window.id === id)?.label ?? id;
  return html`<table class="week">
    <thead>
      <tr>
        <th scope="col">${t('manager.roster_post')}</th>
        ${days.map(
          (day) => html`<th scope="col" class=${day === today ? 'today' : ''} aria-current=${day === today ? 'date' : nothing}>
            ${weekdayName(weekdayOf(day), 'short')} <small>${day.slice(-2)}</small>
          </th>`,
        )}
      </tr>
    </thead>
    <tbody>
      ${staff.posts.map(
        (post) => html`<tr>
          <th scope="row">${post.name || post.id} <small>${label(post.window)}</small></th>
          ${days.map((day) => {
            const names = onTurn(staff, post, day);
            return html`<td class=${day === today ? 'today' : ''}>
              ${names.length > 0
                ? html`<strong>${names.join(t('base.list_comma'))}</strong>`
                : html`<span class="own">${post.primary}</span>`}
            </td>`;
          })}
        </tr>`,
      )}
    </tbody>
  </table>`;
}

/** @param {string} path @param {readonly PlanFault[]} faults @returns {string} what is wrong there */
function faultAt(path, faults) {
  return faults.filter((fault) => fault.path === path).map(({ message }) => message).join(' ');
}

/**
 * A labelled field that says what is wrong with it.
 *
 * @param {string} label
 * @param {string} path Where the value stands in the plan.
 * @param {Editing} editing
 * @param {(invalid: 'true' | 'false', described: string | typeof nothing) => unknown} input
 */
function field(label, path, { faults }, input) {
  const wrong = faultAt(path, faults);
  const id = `fault${path.replaceAll('/', '-')}`;
  return html`<label class="field">
    <span>${label}</span>
    ${input(wrong === '' ? 'false' : 'true', wrong === '' ? nothing : id)}
    ${wrong === '' ? nothing : html`<em class="wrong" id=${id}>${wrong}</em>`}
  </label>`;
}

/** @param {Event} event @returns {string} what stands in the field that changed */
function valueOf(event) {
  const { target } = event;
  return target instanceof HTMLInputElement || target instanceof HTMLSelectElement ? target.value : '';
}

/**
 * @param {string} label
 * @param {string} path
 * @param {string} value
 * @param {Editing} editing
 * @param {(value: string) => void} edit
 * @param {{list?: string, type?: 'text' | 'date', example?: string}} [more]
 */
function textField(label, path, value, editing, edit, { list, type = 'text', example } = {}) {
  return field(
    label,
    path,
    editing,
    (invalid, described) => html`<input
      type=${type}
      data-path=${path}
      list=${list ?? nothing}
      placeholder=${example ?? nothing}
      maxlength=${NAME_MAX}
      autocomplete="off"
      aria-invalid=${invalid}
      aria-describedby=${described}
      .value=${value}
      @input=${(/** @type {Event} */ event) => edit(valueOf(event))}
    />`,
  );
}

/**
 * A post with its turns.
 *
 * @param {Post} post
 * @param {number} at
 * @param {Editing} editing
 */
export function postForm(post, at, editing) {
  const path = `/posts/${at}`;
  const edit = (/** @type {Partial<Post>} */ change) => editing.editPost(at, change);
  return html`<fieldset class="post" data-post=${post.id}>
    <legend>${post.name || post.id}</legend>
    <div class="post-fields">
      ${textField(t('manager.roster_name'), `${path}/name`, post.name, editing, (name) => edit({ name }))}
      ${field(
        t('manager.roster_window'),
        `${path}/window`,
        editing,
        (invalid, described) => html`<select
          data-path=${`${path}/window`}
          aria-invalid=${invalid}
          aria-describedby=${described}
          @change=${(/** @type {Event} */ event) => edit({ window: valueOf(event) })}
        >
          ${editing.windows.map(
            ({ id, label }) => html`<option value=${id} ?selected=${id === post.window}>${label}</option>`,
          )}
        </select>`,
      )}
      ${textField(t('manager.roster_a'), `${path}/primary`, post.primary, editing, (primary) => edit({ primary }), {
        list: CLERKS_ID,
      })}
      ${post.backups.map((backup, place) =>
        textField(
          t('manager.roster_b', { place: place + 1 }),
          `${path}/backups/${place}`,
          backup,
          editing,
          (name) => edit({ backups: post.backups.map((each, index) => (index === place ? name : each)) }),
          { list: CLERKS_ID },
        ),
      )}
      ${textField(
        t('manager.roster_b', { place: post.backups.length + 1 }),
        `${path}/backups/${post.backups.length}`,
        '',
        editing,
        (name) => edit({ backups: [...post.backups, name] }),
        { list: CLERKS_ID, example: t('manager.roster_b_more') },
      )}
    </div>
    ${whole(`${path}/backups`, editing)}
    <ul class="shifts" aria-label=${t('manager.roster_shifts')}>
      ${editing.staff.roster.map((shift, index) => (shift.post === post.id ? shiftForm(shift, index, editing) : nothing))}
    </ul>
    <div class="buttons">
      <button type="button" class="press add-shift" @click=${() => editing.addShift(post.id)}>
        ${t('manager.roster_add_shift')}
      </button>
      <button
        type="button"
        class="press drop-post"
        aria-label=${t('manager.roster_drop_post', { post: post.name || post.id })}
        @click=${() => editing.dropPost(at)}
      >
        ${t('manager.roster_drop_whole')}
      </button>
    </div>
  </fieldset>`;
}

/** @param {string} path @param {Editing} editing what is wrong with a whole, not with one of its fields */
function whole(path, { faults }) {
  const wrong = faultAt(path, faults);
  return wrong === '' ? nothing : html`<em class="wrong">${wrong}</em>`;
}

/** @param {Shift} shift @param {number} at @param {Editing} editing */
function shiftForm(shift, at, editing) {
  const path = `/roster/${at}`;
  const edit = (/** @type {Partial<Shift>} */ change) => editing.editShift(at, change);
  const turned = (/** @type {number} */ weekday) =>
    shift.weekdays.includes(weekday)
      ? shift.weekdays.filter((each) => each !== weekday)
      : [...shift.weekdays, weekday].sort((one, other) => one - other);
  return html`<li class="shift" data-shift=${at}>
    ${textField(t('manager.roster_clerk'), `${path}/clerk`, shift.clerk, editing, (clerk) => edit({ clerk }), {
      list: CLERKS_ID,
    })}
    <div class="weekdays" role="group" aria-label=${t('manager.roster_weekdays')}>
      ${WEEKDAYS.map(
        (weekday) => html`<label>
          <input
            type="checkbox"
            .checked=${shift.weekdays.includes(weekday)}
            @change=${() => edit({ weekdays: turned(weekday) })}
          />
          <span>${weekdayName(weekday, 'short')}</span>
        </label>`,
      )}
    </div>
    ${textField(t('manager.roster_first'), `${path}/first`, shift.first ?? '', editing, (day) => edit({ first: day || null }), {
      type: 'date',
    })}
    ${textField(t('manager.roster_last'), `${path}/last`, shift.last ?? '', editing, (day) => edit({ last: day || null }), {
      type: 'date',
    })}
    <button
      type="button"
      class="press drop-shift"
      aria-label=${t('manager.roster_drop_shift', { clerk: shift.clerk })}
      @click=${() => editing.dropShift(at)}
    >
      ${t('manager.roster_drop')}
    </button>
    ${whole(path, editing)} ${whole(`${path}/weekdays`, editing)}
  </li>`;
}
