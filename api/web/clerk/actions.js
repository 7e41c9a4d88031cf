/** What a clerk may do in which state of the window, and by which key. The controller decides; this only shows it. */

/**
 * @typedef {import('base/types.js').WindowForm & {times?: number}} WindowForm
 * @typedef {import('base/types.js').TicketForm & {called_at?: string | null, started_at?: string | null}} TicketForm
 *
 * @typedef {object} ConsoleForm What a clerk sees of a window.
 * @property {WindowForm} window
 * @property {TicketForm | null} current
 * @property {TicketForm[]} held
 * @property {TicketForm[]} next The first few of the queue.
 * @property {{code: string, text: string}[]} [why] Why the first of them is the first.
 * @property {number} eligible How many wait whom this window may call.
 * @property {string} [at] Server time.
 *
 * @typedef {'open' | 'next' | 'recall' | 'start' | 'finish' | 'no_show' | 'hold' | 'resume' | 'transfer' | 'away'
 *   | 'back' | 'close'} Action
 */

/** @type {readonly Action[]} in the order of the buttons: they never change their places */
export const TICKET_ACTIONS = ['next', 'recall', 'start', 'finish', 'no_show', 'hold', 'resume', 'transfer'];

/** One key each, by its place on the keyboard: it works whatever input method is switched on. */
export const KEYS = /** @type {const} */ ({
  next: 'N',
  recall: 'R',
  start: 'S',
  finish: 'F',
  no_show: 'M',
  hold: 'H',
  resume: 'U',
  transfer: 'T',
  away: 'W',
  back: 'W',
  open: 'O',
  close: 'X',
});

/** A second key for the one action that a clerk needs a hundred times a day. */
const NEXT_CODE = 'F2';

/**
 * Which actions the window's state allows.
 *
 * @param {ConsoleForm} form
 * @returns {ReadonlySet<Action>}
 */
export function allowedActions({ window, held }) {
  if (window.status === 'closed') return new Set(['open']);
  if (window.status === 'away') return new Set(['back', 'close']);
  if (window.stage === 'called') return new Set(['recall', 'start', 'finish', 'no_show', 'hold', 'transfer']);
  if (window.stage === 'serving') return new Set(['next', 'finish', 'hold', 'transfer']);
  return new Set(held.length > 0 ? ['next', 'resume', 'away', 'close'] : ['next', 'away', 'close']);
}

/**
 * The action that most likely comes next: its button stands out.
 *
 * @param {WindowForm} window
 * @returns {Action}
 */
export function likelyAction(window) {
  if (window.status === 'closed') return 'open';
  if (window.status === 'away') return 'back';
  if (window.stage === 'called') return 'start';
  return window.stage === 'serving' ? 'finish' : 'next';
}

/**
 * The action of a key, `help` for a question mark.
 *
 * @param {KeyboardEvent} event
 * @param {WindowForm} window One key means another thing while the clerk is away.
 * @returns {Action | 'help' | null}
 */
export function actionOfKey(event, window) {
  if (event.ctrlKey || event.altKey || event.metaKey || event.repeat) return null;
  if (event.code === NEXT_CODE) return 'next';
  if (event.target instanceof HTMLInputElement || event.target instanceof HTMLTextAreaElement) return null;
  if (event.key === '?' || event.key === '\uff1f') return 'help';
  const letter = event.code.startsWith('Key') ? event.code.slice(3) : '';
  if (letter === KEYS.away) return window.status === 'away' ? 'back' : 'away';
  for (const [action, key] of Object.entries(KEYS)) {
    if (key === letter) return /** @type {Action} */ (action);
  }
  return null;
}

/**
 * Whether a key that leads to a part of the page was pressed, and nobody is writing.
 *
 * @param {KeyboardEvent} event
 * @param {string} letter By its place on the keyboard.
 * @returns {boolean}
 */
export function isKey(event, letter) {
  if (event.ctrlKey || event.altKey || event.metaKey || event.repeat) return false;
  if (event.target instanceof HTMLInputElement || event.target instanceof HTMLTextAreaElement) return false;
  return event.code === `Key${letter}`;
}

/**
 * Whether a window of the plan serves a service.
 *
 * @param {readonly (string | {field?: string, department?: string})[]} serves
 * @param {import('base/types.js').Service} service
 * @returns {boolean}
 */
export function selects(serves, service) {
  return serves.some((selector) => {
    if (typeof selector === 'string') return selector === '*' || selector === service.code;
    return selector.field === service.field || selector.department === service.department;
  });
}
