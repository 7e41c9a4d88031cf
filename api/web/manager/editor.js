/** What the manager's editors share: work with an answer, and edits that nobody loses without being asked. */

import { detailOf } from 'base/api.js';
import { PartElement } from 'base/element.js';
import { signInFor } from 'base/session.js';

/** @typedef {{kind: 'said' | 'refused', text: string}} Message */

/** @type {Set<EditorElement>} editors that hold what isn't in force yet */
const unsaved = new Set();

/** The browser asks before it leaves the page; in its own words, for it shows none of ours. */
addEventListener('beforeunload', (event) => {
  if (unsaved.size > 0) event.preventDefault();
});

/** @param {string} name of an editor's element @returns {boolean} whether it holds what isn't in force yet */
export function isUnsaved(name) {
  return [...unsaved].some(({ localName }) => localName === name);
}

/** Set `path`; tells `edited` when it begins or ends to hold what isn't in force yet. */
export class EditorElement extends PartElement {
  static properties = {
    path: { attribute: false },
    message: { state: true },
    busy: { state: true },
    sure: { state: true },
  };

  constructor() {
    super();
    /** E.g. `/halls/demo`. */
    this.path = '';
    /** @type {Message | null} */
    this.message = null;
    this.busy = false;
    /** Whether it was said once that the edits may go. */
    this.sure = false;
  }

  /** Whether it holds what isn't in force yet. */
  get isEdited() {
    return false;
  }

  /** Read anew what is in force. @returns {Promise<void>} */
  async load() {}

  /** Read anew; edits only go at the second time of asking. */
  reload() {
    if (this.isEdited && !this.sure) {
      this.sure = true;
      return Promise.resolve();
    }
    return this.load();
  }

  /** @override */
  updated() {
    const { isEdited } = this;
    if (!isEdited) this.sure = false;
    if (isEdited === unsaved.has(this)) return;
    if (isEdited) unsaved.add(this);
    else unsaved.delete(this);
    this.dispatchEvent(new Event('edited', { bubbles: true }));
  }

  /**
   * Do something that takes an answer, one at a time; tell what went wrong.
   *
   * @param {() => Promise<void>} work
   */
  async during(work) {
    if (this.busy) return;
    this.busy = true;
    this.message = null;
    try {
      await work();
    } catch (error) {
      if (signInFor(error)) return;
      this.say('refused', detailOf(error));
      this.failed(error);
    } finally {
      this.busy = false;
    }
  }

  /** @param {Message['kind']} kind @param {string} text */
  say(kind, text) {
    this.message = { kind, text };
  }

  /** @param {unknown} _error that was told */
  failed(_error) {}
}
