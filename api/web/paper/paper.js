/**
 * Reviews on paper: `/paper-reviews/{hall}`. A batch of sheets is typed by two people, neither of whom sees the other's;
 * what they typed differently is settled with the sheets in hand, and only then it counts.
 */

import { html, nothing } from 'lit';
import { keyed } from 'lit/directives/keyed.js';
import { repeat } from 'lit/directives/repeat.js';
import { detailOf, get, newKey, send } from 'base/api.js';
import { PageElement, pathParts, startPage } from 'base/element.js';
import { t } from 'base/i18n.js';
import { signInFor } from 'base/session.js';

/**
 * @typedef {import('base/types.js').Level} Level
 * @typedef {{level: number | null, tags: string[], text: string, number: string}} Sheet
 * @typedef {{sheet: number, first: Sheet, second: Sheet, proposed: Sheet | null}} Difference
 *
 * @typedef {object} Batch
 * @property {string} batch
 * @property {string} day
 * @property {'open' | 'entered' | 'differs' | 'settled'} state
 * @property {number} count
 * @property {string} window_label
 * @property {string} clerk
 * @property {string[]} entered_by
 * @property {string | null} proposed_by
 * @property {Difference[]} differences
 * @property {Record<string, number>} levels
 * @property {boolean} may_enter
 * @property {boolean} may_settle
 */

const COUNT_MAX = 200;
const WORDS_MAX = 500;
const NUMBER_MAX = 20;
const LEVELS = /** @type {const} */ ([5, 4, 3, 2, 1]);
const CLERK_MAX = 40;

/** @param {FormData} form @param {number} place @returns {Sheet} the sheet that was typed in a row */
function sheetOf(form, place) {
  const field = (/** @type {string} */ name) => String(form.get(`${name}-${place}`) ?? '').trim();
  const level = field('level');
  return {
    level: level === '' ? null : Number(level),
    tags: field('tags').split(/[\s,，、]+/).filter((tag) => tag !== ''),
    text: field('text'),
    number: field('number'),
  };
}

/** @param {Sheet} sheet @returns {string} a sheet in words */
function sheetText({ level, tags, text, number }) {
  const said = level === null ? t('paper.unrated') : t(`base.level_${/** @type {Level} */ (level)}`);
  return [said, tags.join(' '), text, number].filter((part) => part !== '').join(' · ');
}

/** The page. */
class PaperPage extends PageElement {
  static properties = {
    batches: { state: true },
    plan: { state: true },
    chosen: { state: true },
    trouble: { state: true },
    busy: { state: true },
  };

  constructor() {
    super();
    const hall = pathParts('/paper-reviews/{hall}')['hall'] ?? '';
    this.path = `/halls/${encodeURIComponent(hall)}`;
    /** @type {Batch[] | null} */
    this.batches = null;
    /** @type {{hall: {name: string}, windows: {id: string, label: string}[]} | null} */
    this.plan = null;
    /** The id of the batch in sight. */
    this.chosen = '';
    this.trouble = '';
    this.busy = false;
    /** The key of the batch that is being opened: asked again after no answer, it is opened once. */
    this.key = newKey();
  }

  /** @override */
  connectedCallback() {
    super.connectedCallback();
    this.#read();
  }

  /** @override */
  pageTitle() {
    return t('paper.title');
  }

  async #read() {
    try {
      this.batches = await get(`${this.path}/paper-reviews`);
      this.plan ??= await get(`${this.path}/plan`);
    } catch (error) {
      if (!signInFor(error)) this.trouble = detailOf(error);
    }
  }

  /** @param {string} path @param {unknown} body @param {string} [key] @returns {Promise<Batch | null>} */
  async #do(path, body, key) {
    if (this.busy) return null;
    this.busy = true;
    this.trouble = '';
    try {
      return await send('POST', `${this.path}/paper-reviews${path}`, body, key);
    } catch (error) {
      if (!signInFor(error)) this.trouble = detailOf(error);
      return null;
    } finally {
      this.busy = false;
    }
  }

  /** @param {SubmitEvent} event */
  async #open(event) {
    event.preventDefault();
    if (!(event.target instanceof HTMLFormElement)) return;
    const form = new FormData(event.target);
    const window = String(form.get('window') ?? '');
    const body = {
      count: Number(form.get('count')),
      day: String(form.get('day') ?? '') || null,
      window: window === '' ? null : window,
      clerk: String(form.get('clerk') ?? '').trim(),
    };
    const opened = await this.#do('', body, this.key);
    if (opened === null) return;
    this.key = newKey();
    event.target.reset();
    await this.#read();
    this.chosen = opened.batch;
  }

  /** @param {SubmitEvent} event @param {Batch} batch */
  async #enter(event, batch) {
    event.preventDefault();
    if (!(event.target instanceof HTMLFormElement)) return;
    const form = new FormData(event.target);
    const sheets = Array.from({ length: batch.count }, (_, place) => sheetOf(form, place + 1));
    if ((await this.#do(`/${batch.batch}/entries`, { sheets })) !== null) await this.#read();
  }

  /** @param {SubmitEvent} event @param {Batch} batch */
  async #settle(event, batch) {
    event.preventDefault();
    if (!(event.target instanceof HTMLFormElement)) return;
    const form = new FormData(event.target);
    const sheets = Object.fromEntries(batch.differences.map(({ sheet }) => [sheet, sheetOf(form, sheet)]));
    if ((await this.#do(`/${batch.batch}/settlement`, { sheets })) !== null) await this.#read();
  }

  /** @override */
  render() {
    const { batches, plan } = this;
    const chosen = batches?.find(({ batch }) => batch === this.chosen);
    return html`<header class="head">
        <h1>${plan?.hall.name ?? nothing} ${t('paper.title')}</h1>
        ${this.languageSwitch()}
      </header>
      <main class="paper">
        <p class="lead">${t('paper.lead')}</p>
        ${this.trouble === '' ? nothing : html`<p class="alert" role="alert">${this.trouble}</p>`}
        ${batches === null ? nothing : html`${this.#opening()} ${this.#list(batches)}`}
        ${chosen === undefined ? nothing : keyed(`${chosen.batch} ${chosen.state}`, this.#sheet(chosen))}
      </main>`;
  }

  #opening() {
    return html`<form class="opening" @submit=${this.#open} aria-label=${t('paper.new')}>
      <label><span>${t('paper.count')}</span><input type="number" name="count" min="1" max=${COUNT_MAX} required /></label>
      <label><span>${t('paper.day')}</span><input type="date" name="day" /></label>
      <label
        ><span>${t('paper.window')}</span>
        <select name="window">
          <option value="">${t('paper.window_any')}</option>
          ${(this.plan?.windows ?? []).map(({ id, label }) => html`<option value=${id}>${label}</option>`)}
        </select></label
      >
      <label><span>${t('paper.clerk')}</span><input type="text" name="clerk" maxlength=${CLERK_MAX} autocomplete="off" /></label>
      <button class="button" ?disabled=${this.busy}>${t('paper.new')}</button>
    </form>`;
  }

  /** @param {Batch[]} batches */
  #list(batches) {
    if (batches.length === 0) return html`<p>${t('paper.none')}</p>`;
    return html`<ul class="batches">
      ${repeat(
        batches,
        ({ batch }) => batch,
        (one) => html`<li>
          <button
            type="button"
            aria-pressed=${one.batch === this.chosen}
            @click=${() => {
              this.chosen = one.batch;
              this.trouble = '';
            }}
          >
            <strong>${one.day} ${one.window_label}</strong>
            <span>${t('paper.sheets', { count: one.count })}</span>
            <span>${one.entered_by.join(t('base.list_comma'))}</span>
            <em class="state-${one.state}">${t(`paper.state_${one.state}`)}</em>
          </button>
        </li>`,
      )}
    </ul>`;
  }

  /** @param {Batch} batch */
  #sheet(batch) {
    if (batch.state === 'settled') return this.#sums(batch);
    if (batch.may_enter) {
      const places = Array.from({ length: batch.count }, (_, place) => place + 1);
      return html`<form class="typed" @submit=${(/** @type {SubmitEvent} */ event) => this.#enter(event, batch)}>
        <h2>${t(batch.state === 'open' ? 'paper.first' : 'paper.second')}</h2>
        <p>${t('paper.enter_hint')}</p>
        ${this.#table(places.map((place) => ({ place, sheet: null, said: nothing })))}
        <button class="button" ?disabled=${this.busy}>${t('paper.submit')}</button>
      </form>`;
    }
    if (batch.may_settle) {
      const rows = batch.differences.map(({ sheet, first, second, proposed }) => ({
        place: sheet,
        sheet: proposed ?? first,
        said: html`<p>${t('paper.said', { who: batch.entered_by[0] ?? '', what: sheetText(first) })}</p>
          <p>${t('paper.said', { who: batch.entered_by[1] ?? '', what: sheetText(second) })}</p>
          ${proposed === null
            ? nothing
            : html`<p>${t('paper.proposed', { who: batch.proposed_by ?? '', what: sheetText(proposed) })}</p>`}`,
      }));
      return html`<form class="typed" @submit=${(/** @type {SubmitEvent} */ event) => this.#settle(event, batch)}>
        <h2>${t('paper.settle')}</h2>
        <p>${t('paper.settle_hint')}</p>
        ${this.#table(rows)}
        <button class="button" ?disabled=${this.busy}>${t('paper.settle_submit')}</button>
      </form>`;
    }
    return html`<p class="wait" role="status">${t(batch.state === 'differs' ? 'paper.wait_agree' : 'paper.wait_second')}</p>`;
  }

  /** @param {{place: number, sheet: Sheet | null, said: unknown}[]} rows */
  #table(rows) {
    return html`<table>
      <thead>
        <tr>
          <th scope="col">${t('paper.place')}</th>
          <th scope="col">${t('paper.level')}</th>
          <th scope="col">${t('paper.tags')}</th>
          <th scope="col">${t('paper.text')}</th>
          <th scope="col">${t('paper.number')}</th>
        </tr>
      </thead>
      <tbody>
        ${rows.map(({ place, sheet, said }) => {
          const name = (/** @type {'level' | 'tags' | 'text' | 'number'} */ field) =>
            t('paper.field', { place, field: t(`paper.${field}`) });
          return html`<tr>
              <th scope="row" class="number">${place}</th>
              <td>
                <select name="level-${place}" aria-label=${name('level')}>
                  <option value="">${t('paper.unrated')}</option>
                  ${LEVELS.map(
                    (level) => html`<option value=${level} ?selected=${sheet?.level === level}>
                      ${level} ${t(`base.level_${level}`)}
                    </option>`,
                  )}
                </select>
              </td>
              <td><input type="text" name="tags-${place}" aria-label=${name('tags')} value=${sheet?.tags.join(' ') ?? ''} inputmode="numeric" autocomplete="off" /></td>
              <td><input type="text" name="text-${place}" aria-label=${name('text')} value=${sheet?.text ?? ''} maxlength=${WORDS_MAX} autocomplete="off" /></td>
              <td><input type="text" name="number-${place}" aria-label=${name('number')} value=${sheet?.number ?? ''} maxlength=${NUMBER_MAX} autocomplete="off" /></td>
            </tr>
            ${said === nothing ? nothing : html`<tr class="said"><td></td><td colspan="4">${said}</td></tr>`}`;
        })}
      </tbody>
    </table>`;
  }

  /** @param {Batch} batch */
  #sums({ levels }) {
    return html`<section class="settled" role="status">
      <h2>${t('paper.counted')}</h2>
      <ul>
        ${LEVELS.map((level) => html`<li>${t(`base.level_${level}`)} <strong class="number">${levels[level] ?? 0}</strong></li>`)}
        <li>${t('paper.unrated')} <strong class="number">${levels['unrated'] ?? 0}</strong></li>
      </ul>
    </section>`;
  }
}

await startPage('paper-page', PaperPage);
