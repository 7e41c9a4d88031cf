/**
 * Carries a clerk's presses to the controller: one at a time, each under a key of its own.
 *
 * A press that got no answer may have been carried out or not. The same press again goes under the same key, so it
 * happens once; as soon as the window's state has been read again, what the clerk sees is true and a press is new.
 */

import { isAway, newKey, send } from 'base/api.js';

/** @typedef {import('./actions.js').Action} Action */
/** @typedef {import('./actions.js').WindowForm} WindowForm */

/** A window's presses. */
export class Presses {
  /**
   * @param {string} path Of the window, e.g. `/halls/demo/windows/1`.
   * @param {() => void} changed Told when `busy` has changed.
   */
  constructor(path, changed) {
    this.path = path;
    this.changed = changed;
    /** @type {Action | null} the press under way */
    this.busy = null;
    /** @type {{wish: string, key: string} | null} a press without an answer */
    this.unsettled = null;
  }

  /**
   * Press; to be called only while nothing is under way.
   *
   * @param {Action} action
   * @param {Record<string, unknown>} body
   * @returns {Promise<WindowForm>} rejects with a `Problem` or `Unreachable`
   */
  async press(action, body) {
    const wish = JSON.stringify([action, body]);
    const key = this.unsettled?.wish === wish ? this.unsettled.key : newKey();
    this.unsettled = null;
    this.#tell(action);
    try {
      return await send('POST', `${this.path}/${action.replace('_', '-')}`, body, key);
    } catch (error) {
      if (isAway(error)) this.unsettled = { wish, key };
      throw error;
    } finally {
      this.#tell(null);
    }
  }

  /** The window's state has been read: the next press is a new one. */
  settle() {
    this.unsettled = null;
  }

  /** @param {Action | null} busy */
  #tell(busy) {
    this.busy = busy;
    this.changed();
  }
}
