/** One rectification: what the citizen said, what was done so far, and the steps that may follow. */

import { html, nothing } from 'lit';
import { detailOf, get, newKey, send } from 'base/api.js';
import { PartElement } from 'base/element.js';
import { momentText } from 'base/format.js';
import { hasText, t } from 'base/i18n.js';
import { signInFor } from 'base/session.js';

/**
 * @typedef {'verify' | 'assign' | 'correct' | 'return' | 'call-back' | 'appeal' | 'decide-appeal' | 'close'} Action
 * @typedef {'opened' | 'verified' | 'assigned' | 'corrected' | 'called_back' | 'appealed' | 'closed' | 'excluded'} State
 * @typedef {import('base/types.js').Level} Level
 *
 * @typedef {object} Rectification
 * @property {string} rectification
 * @property {State} state
 * @property {number} version
 * @property {Level} level
 * @property {string[]} tags
 * @property {string} text
 * @property {string} given_at
 * @property {string} window_label
 * @property {string | null} clerk
 * @property {string} number
 * @property {string[]} services
 * @property {'none' | 'offered' | 'erased'} contact
 * @property {boolean} contact_readable
 * @property {string | null} assignee
 * @property {string | null} due
 * @property {string} promised
 * @property {boolean} overdue
 * @property {Action[]} actions
 *
 * @typedef {{seq: number, type: string, at: string, actor: string, data: Record<string, unknown>}} Entry
 * @typedef {Rectification & {history: Entry[]}} Whole
 */

const WORDS_MAX = 500;
const NAME_MAX = 40;

/** Names of the steps as the catalogues write them. */
const NAMES = /** @type {const} */ ({
  verify: 'verify',
  assign: 'assign',
  correct: 'correct',
  return: 'return',
  'call-back': 'call_back',
  appeal: 'appeal',
  'decide-appeal': 'decide_appeal',
  close: 'close',
});

/**
 * What a step asks to be chosen, member by member.
 *
 * @type {Partial<Record<Action, Record<string, readonly string[]>>>}
 */
const CHOICES = {
  verify: { reached: ['reached', 'unreached', 'no_contact'], handling: ['simple', 'complex', 'explain'] },
  'call-back': { answer: ['satisfied', 'unsatisfied', 'unreached'] },
  appeal: { claim: ['mistaken', 'malicious'] },
  'decide-appeal': { upheld: ['true', 'false'] },
};

/** @param {string} key @param {string} otherwise @returns {string} the text of a key that came over the wire */
function said(key, otherwise) {
  return hasText(key) ? t(key) : otherwise;
}

/** @param {string} tag @returns {string} a national tag in words, another as it was given */
export function tagText(tag) {
  return said(`tag.${tag}`, tag);
}

/** `<rectification-card>`: set `path`, `seen`, `zone` and `now_ms`; tells `moved` when a step was taken. */
class RectificationCard extends PartElement {
  static properties = {
    path: { attribute: false },
    seen: { attribute: false },
    zone: { attribute: false },
    now_ms: { attribute: false },
    whole: { state: true },
    action: { state: true },
    contact: { state: true },
    trouble: { state: true },
    busy: { state: true },
  };

  constructor() {
    super();
    /** Of the rectification. */
    this.path = '';
    /** @type {Rectification | null} as the list has it */
    this.seen = null;
    this.zone = '';
    this.now_ms = 0;
    /** @type {Whole | null} */
    this.whole = null;
    /** @type {Action | null} the step that is being filled in */
    this.action = null;
    /** @type {{name: string, phone: string} | null} shown only while this one is in sight */
    this.contact = null;
    this.trouble = '';
    this.busy = false;
    /** The key of what is being asked: the same thing asked again after no answer is done once. */
    this.asked = { wish: '', key: '' };
  }

  /** @override @param {import('lit').PropertyValues<this>} changes */
  willUpdate(changes) {
    if (changes.has('path')) {
      this.whole = null;
      this.action = null;
      this.contact = null;
      this.trouble = '';
    }
    if (changes.has('path') || (changes.has('seen') && this.whole?.version !== this.seen?.version)) this.#read();
  }

  /** @override @param {import('lit').PropertyValues<this>} changes */
  updated(changes) {
    if (changes.has('action')) this.querySelector('.rectify-form')?.scrollIntoView({ block: 'nearest' });
  }

  async #read() {
    const path = this.path;
    try {
      const whole = await get(path);
      if (path !== this.path) return;
      this.whole = whole;
      if (this.action !== null && !whole.actions.includes(this.action)) this.action = null;
      if (whole.contact !== 'offered') this.contact = null;
    } catch (error) {
      if (!signInFor(error)) this.trouble = detailOf(error);
    }
  }

  async #call() {
    this.trouble = '';
    const path = this.path;
    try {
      const contact = await get(path.replace('/rectifications/', '/rectification-contacts/'));
      if (path === this.path) this.contact = contact;
    } catch (error) {
      if (!signInFor(error)) this.trouble = detailOf(error);
    }
  }

  /** @param {SubmitEvent} event */
  async #take(event) {
    event.preventDefault();
    const { action, whole } = this;
    if (!(event.target instanceof HTMLFormElement) || action === null || whole === null || this.busy) return;
    /** @type {Record<string, unknown>} */
    const body = { version: whole.version };
    for (const [name, value] of new FormData(event.target)) {
      body[name] = name === 'upheld' ? value === 'true' : String(value).trim();
    }
    const wish = JSON.stringify([action, body]);
    if (this.asked.wish !== wish) this.asked = { wish, key: newKey() };
    this.busy = true;
    this.trouble = '';
    try {
      await send('POST', `${this.path}/${action}`, body, this.asked.key);
      this.action = null;
      this.dispatchEvent(new Event('moved'));
    } catch (error) {
      if (!signInFor(error)) this.trouble = detailOf(error);
    } finally {
      this.busy = false;
    }
    await this.#read();
  }

  /** @override */
  render() {
    const whole = this.whole;
    if (whole === null) {
      return this.trouble === '' ? nothing : html`<p class="alert" role="alert">${this.trouble}</p>`;
    }
    return html`<article class="rectify-card" aria-labelledby="rectify-card-title">
      <h3 id="rectify-card-title">
        ${whole.number === '' ? t('base.rectify_paper') : whole.number} · ${t(`base.level_${whole.level}`)}
      </h3>
      ${whole.text === '' ? nothing : html`<blockquote>${whole.text}</blockquote>`}
      ${whole.tags.length === 0
        ? nothing
        : html`<ul class="tag-words">
            ${whole.tags.map((tag) => html`<li>${tagText(tag)}</li>`)}
          </ul>`}
      ${this.#facts(whole)} ${this.#contact(whole)}
      ${this.trouble === '' ? nothing : html`<p class="alert" role="alert">${this.trouble}</p>`}
      ${this.#steps(whole)} ${this.#history(whole)}
    </article>`;
  }

  /** @param {Whole} whole */
  #facts(whole) {
    const facts = /** @type {const} */ ([
      ['given', momentText(whole.given_at, this.zone, this.now_ms)],
      ['window', whole.window_label],
      ['clerk', whole.clerk ?? ''],
      ['services', whole.services.join(t('base.list_comma'))],
      ['assignee', whole.assignee ?? ''],
      ['promised', whole.promised],
    ]);
    return html`<dl class="rectify-facts">
      ${facts
        .filter(([, value]) => value !== '')
        .map(
          ([name, value]) => html`<div>
            <dt>${t(`base.rectify_fact_${name}`)}</dt>
            <dd>${value}</dd>
          </div>`,
        )}
    </dl>`;
  }

  /** @param {Whole} whole */
  #contact(whole) {
    if (whole.contact === 'none') return html`<p class="hint-line">${t('base.rectify_contact_none')}</p>`;
    if (whole.contact === 'erased') return html`<p class="hint-line">${t('base.rectify_contact_erased')}</p>`;
    if (this.contact !== null) {
      return html`<p class="contact">${this.contact.name} <strong class="number">${this.contact.phone}</strong></p>`;
    }
    return html`<p class="contact">
      ${t('base.rectify_contact_offered')}
      ${whole.contact_readable
        ? html`<button type="button" class="button quiet" @click=${() => this.#call()}>
            ${t('base.rectify_contact_show')}
          </button>`
        : nothing}
    </p>`;
  }

  /** @param {Whole} whole */
  #steps(whole) {
    if (whole.actions.length === 0) return nothing;
    return html`<div class="rectify-steps" role="group" aria-label=${t('base.rectify_steps')}>
        ${whole.actions.map(
          (action) => html`<button
            type="button"
            aria-pressed=${action === this.action}
            @click=${() => {
              this.action = action === this.action ? null : action;
              this.trouble = '';
            }}
          >
            ${t(`base.rectify_do_${NAMES[action]}`)}
          </button>`,
        )}
      </div>
      ${this.action === null ? nothing : this.#form(this.action, whole)}`;
  }

  /** @param {Action} action @param {Whole} whole */
  #form(action, whole) {
    return html`<form class="rectify-form" data-action=${action} @submit=${this.#take}>
      ${action === 'assign'
        ? html`<label
            ><span>${t('base.rectify_to')}</span>
            <input type="text" name="to" maxlength=${NAME_MAX} autocomplete="off" required
          /></label>`
        : nothing}
      ${Object.entries(CHOICES[action] ?? {}).map(
        ([member, values]) => html`<label
          ><span>${said(`base.rectify_${member}`, member)}</span>
          <select name=${member} required>
            ${values
              .filter((value) => member !== 'reached' || (value === 'no_contact') === (whole.contact === 'none'))
              .map((value) => html`<option value=${value}>${said(`base.rectify_${member}_${value}`, value)}</option>`)}
          </select></label
        >`,
      )}
      <label>
        <span>${t(`base.rectify_words_${NAMES[action]}`)}</span>
        <textarea
          name="words"
          rows="3"
          maxlength=${WORDS_MAX}
          ?required=${action !== 'assign' && action !== 'call-back'}
        ></textarea>
      </label>
      <button class="button" ?disabled=${this.busy}>${t(`base.rectify_do_${NAMES[action]}`)}</button>
    </form>`;
  }

  /** @param {Whole} whole */
  #history(whole) {
    return html`<h4>${t('base.rectify_history')}</h4>
      <ol class="rectify-history">
        ${whole.history.map(
          ({ type, at, actor, data }) => html`<li>
            <time>${momentText(at, this.zone, this.now_ms)}</time>
            <strong>${said(`base.rectify_event_${type}`, type)}</strong>
            <span>${said(`base.rectify_by_${actor}`, actor.replace(/^[a-z]+:/, ''))}</span>
            ${['to', 'findings', 'measures', 'reason', 'note', 'result']
              .filter((name) => type !== 'ContactErased' && typeof data[name] === 'string' && data[name] !== '')
              .map((name) => html`<p>${data[name]}</p>`)}
          </li>`,
        )}
      </ol>`;
  }
}

customElements.define('rectification-card', RectificationCard);
