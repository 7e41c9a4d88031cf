/** Bad reviews and what is done about them (差评整改): which are late, which are open, and one of them to work on. */

import { html, nothing } from 'lit';
import { detailOf, get } from 'base/api.js';
import { PartElement } from 'base/element.js';
import { t } from 'base/i18n.js';
import { rectificationRows } from 'base/rectification_rows.js';
import { signInFor } from 'base/session.js';

/**
 * @typedef {import('base/rectification_card.js').Rectification} Rectification
 *
 * @typedef {object} Summary
 * @property {number} counted
 * @property {number} open
 * @property {number} ended
 * @property {number} excluded
 * @property {number} overdue
 * @property {number | null} rate
 */

/** They change by people's steps and at midnight: this often it is looked at while the list is in sight. */
const LOOK_MS = 30000;
const SHOWN_MAX = 100;

/** What may be listed, with the query of each. */
const FILTERS = /** @type {const} */ ({ open: 'open=true', overdue: 'overdue=true', ended: 'open=false', all: '' });
/** @typedef {keyof typeof FILTERS} Filter */
const FILTER_NAMES = /** @type {Filter[]} */ (Object.keys(FILTERS));
const FORMATS = /** @type {const} */ (['csv', 'ndjson']);

/** `<rectification-list>`: set `path`, `zone` and `now_ms`. */
class RectificationList extends PartElement {
  static properties = {
    path: { attribute: false },
    zone: { attribute: false },
    now_ms: { attribute: false },
    filter: { state: true },
    found: { state: true },
    summary: { state: true },
    chosen: { state: true },
    trouble: { state: true },
  };

  constructor() {
    super();
    /** E.g. `/halls/demo`. */
    this.path = '';
    this.zone = '';
    this.now_ms = 0;
    /** @type {Filter} */
    this.filter = 'open';
    /** @type {Rectification[] | null} */
    this.found = null;
    /** @type {Summary | null} */
    this.summary = null;
    /** The id of the one in sight. */
    this.chosen = '';
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

  async #read() {
    const filter = this.filter;
    try {
      const list = await get(`${this.path}/rectifications?${FILTERS[filter]}&limit=${SHOWN_MAX}`);
      const summary = await get(`${this.path}/rectifications/summary`);
      if (filter !== this.filter) return;
      this.found = list;
      this.summary = summary;
      this.trouble = '';
    } catch (error) {
      if (!signInFor(error)) this.trouble = detailOf(error);
    }
  }

  /** @param {Filter} filter */
  #choose(filter) {
    this.filter = filter;
    this.found = null;
    this.chosen = '';
    this.#read();
  }

  /** @override */
  render() {
    const found = this.found;
    return html`<section class="panel rectifications" aria-labelledby="rectifications-title">
      <header class="panel-head">
        <h2 id="rectifications-title">${t('manager.rectify_title')}</h2>
        ${this.summary === null ? nothing : this.#sums(this.summary)}
      </header>
      ${this.trouble === '' ? nothing : html`<p class="alert" role="alert">${this.trouble}</p>`}
      <div class="rectify-bar">
        <div class="rectify-steps" role="group" aria-label=${t('manager.rectify_show')}>
          ${FILTER_NAMES.map(
            (name) => html`<button
              type="button"
              aria-pressed=${name === this.filter}
              @click=${() => this.#choose(name)}
            >
              ${t(`manager.rectify_filter_${name}`)}
            </button>`,
          )}
        </div>
        <p class="exports">
          <a href=${`/paper-reviews/${this.path.split('/').at(-1) ?? ''}`}>${t('manager.rectify_type_paper')}</a>
          ${FORMATS.map(
            (format) => html`<a
              href="/api/v1${this.path}/rectifications?${FILTERS[this.filter]}&format=${format}"
              download
              >${t(`manager.rectify_export_${format}`)}</a
            >`,
          )}
        </p>
      </div>
      ${found === null
        ? nothing
        : found.length === 0
          ? html`<p class="none">${t('manager.rectify_none')}</p>`
          : html`<div class="rectify-desk">
            ${rectificationRows(found, this.chosen, (rectification) => {
              this.chosen = rectification;
            })}
            ${this.#card(found)}
          </div>`}
    </section>`;
  }

  /** @param {Summary} summary */
  #sums({ open, overdue, ended, excluded, rate }) {
    const share = rate === null ? t('manager.rectify_no_rate') : `${Math.round(rate * 100)}%`;
    return html`<p class="rectify-sums">
      ${t('manager.rectify_sums', { open, ended, excluded })}
      <span class=${overdue > 0 ? 'late' : ''}>${t('base.rectify_overdue', { overdue })}</span>
      <strong>${t('manager.rectify_rate', { rate: share })}</strong>
    </p>`;
  }

  /** @param {Rectification[]} found */
  #card(found) {
    const one = found.find(({ rectification }) => rectification === this.chosen);
    if (one === undefined) return html`<p class="none">${t('manager.rectify_choose')}</p>`;
    return html`<rectification-card
      .path=${`${this.path}/rectifications/${encodeURIComponent(one.rectification)}`}
      .seen=${one}
      .zone=${this.zone}
      .now_ms=${this.now_ms}
      @moved=${() => this.#read()}
    ></rectification-card>`;
  }
}

customElements.define('rectification-list', RectificationList);
