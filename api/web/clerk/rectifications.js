/**
 * The bad reviews (差评整改) that are assigned to the clerk or are about them, while they are open: a quiet mark with
 * their number in the page's head, and a dialog to report a correction or to appeal.
 */

import { html, nothing } from 'lit';
import { detailOf, get } from 'base/api.js';
import { PartElement } from 'base/element.js';
import { t } from 'base/i18n.js';
import { icon } from 'base/icons.js';
import { rectificationRows } from 'base/rectification_rows.js';
import { signInFor } from 'base/session.js';
import MessageSquareWarning from 'lucide/message-square-warning.mjs';

/** @typedef {import('base/rectification_card.js').Rectification} Rectification */

export const RECTIFICATIONS_KEY = 'Z';
/** A manager's steps are told by nobody: this often it is looked for them while the page is in sight. */
const LOOK_MS = 60000;
const SHOWN_MAX = 100;

/** @param {readonly Rectification[]} found @returns {string} the id of the one to show first: one that waits for the clerk */
function firstOf(found) {
  return (found.find((one) => one.actions.length > 0) ?? found[0])?.rectification ?? '';
}

/** `<own-rectifications>`: set `path`, `zone` and `now_ms`. The controller gives a clerk the own ones alone. */
class OwnRectifications extends PartElement {
  static properties = {
    path: {},
    zone: {},
    now_ms: { attribute: false },
    found: { state: true },
    chosen: { state: true },
    opened: { state: true },
    trouble: { state: true },
  };

  constructor() {
    super();
    /** E.g. `/halls/demo`. */
    this.path = '';
    this.zone = '';
    this.now_ms = 0;
    /** @type {Rectification[]} */
    this.found = [];
    /** The id of the one in sight. */
    this.chosen = '';
    this.opened = false;
    this.trouble = '';
  }

  /** @override */
  connectedCallback() {
    super.connectedCallback();
    this.timer = setInterval(() => document.visibilityState === 'visible' && this.#read(), LOOK_MS);
    this.#read();
  }

  /** @override */
  disconnectedCallback() {
    super.disconnectedCallback();
    clearInterval(this.timer);
  }

  /** @override @param {import('lit').PropertyValues<this>} changes */
  updated(changes) {
    if (changes.has('opened')) this.querySelector('dialog')?.showModal();
  }

  /** Show them, as they are now. */
  enter() {
    this.chosen = firstOf(this.found);
    this.opened = true;
    this.#read();
  }

  async #read() {
    try {
      this.found = await get(`${this.path}/rectifications?open=true&limit=${SHOWN_MAX}`);
      this.trouble = '';
      if (this.chosen === '') this.chosen = firstOf(this.found);
    } catch (error) {
      if (!signInFor(error)) this.trouble = detailOf(error);
    }
  }

  /** @override */
  render() {
    return html`${this.found.length === 0 ? nothing : this.#mark()} ${this.opened ? this.#dialog() : nothing}`;
  }

  #mark() {
    const overdue = this.found.filter((one) => one.overdue).length;
    return html`<button
      type="button"
      class=${overdue > 0 ? 'rectify-mark late' : 'rectify-mark'}
      aria-haspopup="dialog"
      @click=${() => this.enter()}
    >
      ${icon(MessageSquareWarning)} ${t('clerk.rectify_mark', { count: this.found.length })}
      ${overdue > 0 ? html`<strong>${t('base.rectify_overdue', { overdue })}</strong>` : nothing}
      <kbd>${RECTIFICATIONS_KEY}</kbd>
    </button>`;
  }

  #dialog() {
    return html`<dialog
      class="rectify-dialog"
      aria-labelledby="rectify-dialog-title"
      @close=${() => {
        this.opened = false;
      }}
    >
      <div class="rectify-dialog-head">
        <h2 id="rectify-dialog-title">${t('clerk.rectify_title')}</h2>
        <button type="button" class="button quiet" @click=${() => this.querySelector('dialog')?.close()}>
          ${t('clerk.rectify_leave')} <kbd>Esc</kbd>
        </button>
      </div>
      <p>${t('clerk.rectify_hint')}</p>
      ${this.trouble === '' ? nothing : html`<p class="alert" role="alert">${this.trouble}</p>`}
      ${this.found.length === 0
        ? html`<p role="status">${t('clerk.rectify_none')}</p>`
        : html`<div class="rectify-desk">
            ${rectificationRows(this.found, this.chosen, (rectification) => {
              this.chosen = rectification;
            })}
            ${this.#card()}
          </div>`}
    </dialog>`;
  }

  #card() {
    const one = this.found.find(({ rectification }) => rectification === this.chosen);
    if (one === undefined) return nothing;
    return html`<rectification-card
      .path=${`${this.path}/rectifications/${encodeURIComponent(one.rectification)}`}
      .seen=${one}
      .zone=${this.zone}
      .now_ms=${this.now_ms}
      @moved=${() => this.#read()}
    ></rectification-card>`;
  }
}

customElements.define('own-rectifications', OwnRectifications);
