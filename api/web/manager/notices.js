/** What the manager has said to everybody who waits: a short text, in one zone or in all, before all others if urgent. */

import { html, nothing } from 'lit';
import { detailOf, newKey, send } from 'base/api.js';
import { PartElement } from 'base/element.js';
import { clockText } from 'base/format.js';
import { t } from 'base/i18n.js';
import { signInFor } from 'base/session.js';

/**
 * @typedef {import('./types.js').PlanForm} PlanForm
 * @typedef {{text: string, zone: string | null, urgent: boolean}} Notice
 * @typedef {Notice & {at_ms: number}} Said
 */

/** As long as the voice takes it. */
const TEXT_MAX = 120;
const SAID_MAX = 5;
/** What halls say most; a tap puts it into the field. */
const USUAL = /** @type {const} */ (['closing', 'queue', 'lost', 'system']);

/** `<notice-form>`: set `path`, `plan` and `now_ms`. */
class NoticeForm extends PartElement {
  static properties = {
    path: { attribute: false },
    plan: { attribute: false },
    now_ms: { attribute: false },
    trouble: { state: true },
    busy: { state: true },
    said: { state: true },
  };

  constructor() {
    super();
    /** E.g. `/halls/demo`. */
    this.path = '';
    /** @type {PlanForm | null} */
    this.plan = null;
    this.now_ms = 0;
    this.trouble = '';
    this.busy = false;
    /** @type {Said[]} */
    this.said = [];
    /** The key of what is being asked: the same thing asked again after no answer is said once. */
    this.asked = { wish: '', key: '' };
  }

  /** @param {SubmitEvent} event */
  async #say(event) {
    event.preventDefault();
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || this.busy) return;
    const fields = new FormData(form);
    const zone = String(fields.get('zone') ?? '');
    const notice = {
      text: String(fields.get('text') ?? '').trim(),
      zone: zone === '' ? null : zone,
      urgent: fields.get('urgent') === 'on',
    };
    const wish = JSON.stringify(notice);
    if (this.asked.wish !== wish) this.asked = { wish, key: newKey() };
    this.busy = true;
    this.trouble = '';
    try {
      await send('POST', `${this.path}/notices`, notice, this.asked.key);
      this.asked = { wish: '', key: '' };
      this.said = [{ ...notice, at_ms: this.now_ms }, ...this.said].slice(0, SAID_MAX);
      form.reset();
    } catch (error) {
      if (!signInFor(error)) this.trouble = detailOf(error);
    } finally {
      this.busy = false;
    }
  }

  /** @param {string} text */
  #fill(text) {
    const field = this.querySelector('textarea');
    if (field === null) return;
    field.value = text;
    field.focus();
  }

  /** @override */
  render() {
    const zones = this.plan?.zones ?? [];
    return html`<section class="panel notices" aria-labelledby="notices-title">
      <header class="panel-head">
        <h2 id="notices-title">${t('manager.notice_title')}</h2>
        <p>${t('manager.notice_lead')}</p>
      </header>
      ${this.trouble === '' ? nothing : html`<p class="alert" role="alert">${this.trouble}</p>`}
      <form @submit=${this.#say}>
        <div class="usual">
          ${USUAL.map((name) => {
            const text = t(`manager.notice_usual_${name}`);
            return html`<button type="button" @click=${() => this.#fill(text)}>${text}</button>`;
          })}
        </div>
        <label>
          <span>${t('manager.notice_text')}</span>
          <textarea name="text" rows="3" required maxlength=${TEXT_MAX}></textarea>
        </label>
        <div class="row">
          ${zones.length > 1
            ? html`<label
                ><span>${t('manager.notice_zone')}</span>
                <select name="zone">
                  <option value="">${t('manager.notice_everywhere')}</option>
                  ${zones.map(({ id, name }) => html`<option value=${id}>${name}</option>`)}
                </select></label
              >`
            : nothing}
          <label class="check"><input type="checkbox" name="urgent" /> ${t('manager.notice_urgent')}</label>
          <button class="button" ?disabled=${this.busy}>${t('manager.notice_say')}</button>
        </div>
      </form>
      <ul class="said" aria-live="polite">
        ${this.said.map(
          ({ text, at_ms, urgent }) => html`<li>
            <time>${clockText(new Date(at_ms), this.plan?.hall.timezone ?? '')}</time>
            <span>${text}</span>
            ${urgent ? html`<em>${t('manager.notice_was_urgent')}</em>` : nothing}
          </li>`,
        )}
      </ul>
    </section>`;
  }
}

customElements.define('notice-form', NoticeForm);
