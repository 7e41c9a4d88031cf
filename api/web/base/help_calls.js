/** Whoever pressed a help button: a line each on the pages of those who work in the hall, until somebody goes there. */

import { html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { detailOf, send } from 'base/api.js';
import { PartElement } from 'base/element.js';
import { clockText } from 'base/format.js';
import { t } from 'base/i18n.js';
import { signInFor } from 'base/session.js';

/**
 * @typedef {import('base/types.js').HelpCall} HelpCall
 * @typedef {{windows: {id: string, label: string}[], zones?: {id: string, name: string}[], hall: {timezone: string}}} Places
 */

/** How long it is told that somebody else was faster. */
const REFUSAL_MS = 8000;

/** `<help-calls>`: set `path`, `plan` and `calls`; the next board takes away what was answered. */
class HelpCalls extends PartElement {
  static properties = {
    path: { attribute: false },
    plan: { attribute: false },
    calls: { attribute: false },
    busy: { state: true },
    refusal: { state: true },
  };

  constructor() {
    super();
    /** E.g. `/halls/demo`. */
    this.path = '';
    /** @type {Places | null} */
    this.plan = null;
    /** @type {readonly HelpCall[]} */
    this.calls = [];
    this.busy = '';
    this.refusal = '';
  }

  /** @param {HelpCall} call */
  async #answer({ help }) {
    if (this.busy !== '') return;
    this.busy = help;
    this.refusal = '';
    try {
      await send('POST', `${this.path}/help-calls/${encodeURIComponent(help)}/answer`);
    } catch (error) {
      if (signInFor(error)) return;
      this.refusal = detailOf(error);
      setTimeout(() => (this.refusal = ''), REFUSAL_MS);
    } finally {
      this.busy = '';
    }
  }

  /** @param {HelpCall} call */
  #place({ window, zone, device }) {
    const place =
      this.plan?.windows.find(({ id }) => id === window)?.label ?? this.plan?.zones?.find(({ id }) => id === zone)?.name;
    return place === undefined ? device : t('base.help_place', { place, device });
  }

  /** @override */
  render() {
    const zone = this.plan?.hall.timezone ?? '';
    return html`${this.refusal === '' ? nothing : html`<p class="help-refused" role="status">${this.refusal}</p>`}
      <div role="alert"><ul class="help-list">
        ${repeat(
          this.calls,
          ({ help }) => help,
          (call) => html`<li data-help=${call.help}>
            <strong>${t('base.help_wanted')}</strong>
            <span class="help-place">${this.#place(call)}</span>
            <span class="help-since">
              ${clockText(call.at, zone)}
              ${call.times > 1 ? html` · ${t('base.help_times', { count: call.times })}` : nothing}
            </span>
            <button type="button" class="button" ?disabled=${this.busy !== ''} @click=${() => this.#answer(call)}>
              ${t('base.help_answer')}
            </button>
          </li>`,
        )}
      </ul></div>`;
  }
}

customElements.define('help-calls', HelpCalls);
