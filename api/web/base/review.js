/**
 * The review form (好差评), the same on the phone and on the pad: five levels, the national tags of the level, words.
 *
 * A review is free: nothing is chosen beforehand, and it can be left. A bad one (1 or 2) needs a tag or words.
 * Fires `reviewed` once the controller has it.
 */

import { html, nothing } from 'lit';
import { Problem, detailOf, newKey, send } from 'base/api.js';
import { PartElement } from 'base/element.js';
import { t } from 'base/i18n.js';
import { face, icon } from 'base/icons.js';
import Send from 'lucide/send.mjs';

/** @typedef {import('base/types.js').Level} Level */

/** @type {readonly Level[]} best first, as the national form has them */
const LEVELS = [5, 4, 3, 2, 1];
/** A level at or below this needs a reason. */
const BAD_MAX = 2;
const TEXT_MAX = 500;

/** Codes of the national tags by level; a site may neither add nor drop one, so they are not part of a plan. */
const TAGS = /** @type {const} */ ({
  5: [510, 511, 512, 513, 514, 515, 516, 517],
  4: [406, 407, 408, 409, 410, 411, 412, 413],
  3: [307, 308, 309, 310, 311, 312, 313, 314],
  2: [207, 208, 209, 210, 211, 212, 213, 214],
  1: [108, 109, 110, 111, 112, 113, 114, 115],
});

/** @typedef {typeof TAGS[Level][number]} TagCode */

/** `<review-form>`: set `hall` and `subject`. */
export class ReviewForm extends PartElement {
  static properties = {
    hall: { attribute: false },
    subject: { attribute: false },
    level: { state: true },
    tags: { state: true },
    text: { state: true },
    busy: { state: true },
    trouble: { state: true },
  };

  constructor() {
    super();
    this.hall = '';
    /** @type {{ticket: string, window?: string} | {token: string, window?: string} | null} what is reviewed */
    this.subject = null;
    /** @type {Level | null} */
    this.level = null;
    /** @type {readonly TagCode[]} */
    this.tags = [];
    this.text = '';
    this.name = '';
    this.phone = '';
    this.busy = false;
    this.trouble = '';
    this.key = newKey();
  }

  /** @param {Level} level */
  #choose(level) {
    this.level = level;
    this.tags = [];
    this.#changed();
  }

  /** @param {TagCode} code */
  #flip(code) {
    this.tags = this.tags.includes(code) ? this.tags.filter((other) => other !== code) : [...this.tags, code];
    this.#changed();
  }

  /** Another content is another request. */
  #changed() {
    this.key = newKey();
    this.trouble = '';
  }

  /** @param {Event} event */
  async #submit(event) {
    event.preventDefault();
    if (this.level === null || this.busy) return;
    if (this.level <= BAD_MAX && this.tags.length === 0 && this.text.trim() === '') {
      this.trouble = t('base.review_reason');
      return;
    }
    this.busy = true;
    const phone = this.level <= BAD_MAX ? this.phone.trim() : '';
    const body = {
      ...this.subject,
      level: this.level,
      tags: this.tags.map(String),
      text: this.text.trim(),
      ...(phone === '' ? {} : { contact: { name: this.name.trim(), phone } }),
    };
    try {
      await send('POST', `/halls/${encodeURIComponent(this.hall)}/reviews`, body, this.key);
      this.#reviewed();
    } catch (error) {
      if (error instanceof Problem && error.code === 'already_reviewed') this.#reviewed();
      else this.trouble = detailOf(error);
    } finally {
      this.busy = false;
    }
  }

  #reviewed() {
    this.dispatchEvent(new CustomEvent('reviewed', { bubbles: true }));
  }

  /** @override */
  render() {
    const level = this.level;
    return html`<form class="review" @submit=${this.#submit}>
      <fieldset class="levels">
        <legend>${t('base.review_ask')}</legend>
        ${LEVELS.map((each) => this.#levelChoice(each))}
      </fieldset>
      ${level === null ? nothing : this.#reasons(level)}
    </form>`;
  }

  /** @param {Level} level */
  #levelChoice(level) {
    return html`<label class="level level-${level}">
      <input
        type="radio"
        name="level"
        value=${level}
        .checked=${this.level === level}
        @change=${() => this.#choose(level)}
      />
      ${face(level)}
      <span>${t(`base.level_${level}`)}</span>
    </label>`;
  }

  /** @param {Level} level */
  #reasons(level) {
    const bad = level <= BAD_MAX;
    const write = (/** @type {InputEvent} */ event) => {
      this.text = /** @type {HTMLTextAreaElement} */ (event.target).value;
      this.#changed();
    };
    return html`
      <fieldset class="tags">
        <legend>${bad ? t('base.review_why_bad') : t('base.review_why')}</legend>
        ${TAGS[level].map(
          (code) => html`<label class="tag">
            <input type="checkbox" .checked=${this.tags.includes(code)} @change=${() => this.#flip(code)} />
            <span>${t(`tag.${code}`)}</span>
          </label>`,
        )}
      </fieldset>
      <label class="words">
        <span>${t('base.review_words')}</span>
        <textarea rows="2" maxlength=${TEXT_MAX} .value=${this.text} @input=${write}></textarea>
      </label>
      ${bad ? this.#contact() : nothing}
      <div class="review-foot">
        ${this.trouble === '' ? nothing : html`<p class="alert" role="alert">${this.trouble}</p>`}
        <button class="button large" ?disabled=${this.busy}>${icon(Send)} ${t('base.review_submit')}</button>
      </div>
    `;
  }

  /** A bad review is looked into: who likes may be called about it, and nobody has to. */
  #contact() {
    const write = (/** @type {'name' | 'phone'} */ field) => (/** @type {InputEvent} */ event) => {
      this[field] = /** @type {HTMLInputElement} */ (event.target).value;
      this.#changed();
    };
    return html`<details class="call-me">
      <summary>${t('base.review_call')}</summary>
      <p>${t('base.review_call_hint')}</p>
      <label>
        <span>${t('base.review_phone')}</span>
        <input
          type="tel"
          inputmode="tel"
          autocomplete="off"
          maxlength="20"
          pattern="\\+?[0-9][0-9 \\-]{4,19}"
          .value=${this.phone}
          @input=${write('phone')}
        />
      </label>
      <label>
        <span>${t('base.review_name')}</span>
        <input type="text" autocomplete="off" maxlength="40" .value=${this.name} @input=${write('name')} />
      </label>
    </details>`;
  }
}

customElements.define('review-form', ReviewForm);
