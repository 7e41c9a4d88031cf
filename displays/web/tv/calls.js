/** Which calls a TV shows how: pure functions of a board and the time, and a memory of what is new. */

/**
 * @typedef {import('base/types.js').Board} Board
 * @typedef {import('base/types.js').CallForm} CallForm
 */

/** A call stays large for this long at least, even if the person is at the window sooner. */
const LARGE_MS_MIN = 15000;
/** A new call flashes for this long. */
export const FRESH_MS = 6000;
/** Calls remembered as seen; a board carries a dozen. */
const SEEN_MAX = 256;

/**
 * The calls of a board that somebody must follow now.
 *
 * A call is of now while its ticket is called at its window, and for its first seconds while the ticket is served
 * there. A ticket that was passed or sent on is at no window any more: its call is over.
 *
 * @param {Board} board
 * @param {number} now_ms
 * @returns {CallForm[]} newest first
 */
export function callsNow(board, now_ms) {
  return board.calls.filter((call) => {
    const window = board.windows.find((each) => each.window === call.window);
    const young = now_ms - Date.parse(call.at) < LARGE_MS_MIN;
    return window?.ticket === call.ticket && (window.stage === 'called' || young);
  });
}

/** @param {CallForm} call @returns {string} another one for each repetition: also the id of its announcement */
export function callKey(call) {
  return `${call.call}-${call.times}`;
}

/** Remembers since when a call has been on the glass. */
export class Freshness {
  constructor() {
    /** @type {Map<string, number>} */
    this.since_ms = new Map();
    this.first = true;
  }

  /**
   * Take note of a board. What stands on the very first one is new only if it was called just now.
   *
   * @param {Board} board
   * @param {number} now_ms
   */
  note(board, now_ms) {
    for (const call of board.calls) {
      const key = callKey(call);
      if (!this.since_ms.has(key)) this.since_ms.set(key, this.first ? Date.parse(call.at) : now_ms);
    }
    this.first = false;
    for (const key of this.since_ms.keys()) {
      if (this.since_ms.size <= SEEN_MAX) break;
      this.since_ms.delete(key);
    }
  }

  /**
   * A call is announced: draw the eye to it once more.
   *
   * @param {string} key
   * @param {number} now_ms
   */
  renew(key, now_ms) {
    if (this.since_ms.has(key)) this.since_ms.set(key, now_ms);
  }

  /** @param {CallForm} call @param {number} now_ms @returns {boolean} */
  isFresh(call, now_ms) {
    const since_ms = this.since_ms.get(callKey(call));
    return since_ms !== undefined && now_ms - since_ms < FRESH_MS;
  }
}
