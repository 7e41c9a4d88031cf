/**
 * Signs on a screen that stands in for them: one window's, `/led/{hall}/{window}`, or all of a hall on one page,
 * `/led/{hall}`, each as wide as its dots are many.
 *
 * `ledPixels(window)` reads back what stands on a sign's glass; where there is one sign, without naming it.
 */

import { html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { detailOf, get, getPatiently } from 'base/api.js';
import { PageElement, pathParts, startPage } from 'base/element.js';
import { t } from 'base/i18n.js';
import { LedSign } from './sign.js';

/**
 * @typedef {import('base/types.js').PlanWindow & {led?: {width: number, height: number}}} PlanWindow
 * @typedef {Omit<import('base/types.js').PlanForm, 'windows'> & {windows: PlanWindow[]}} PlanForm
 */

/** Windows come and go with the plan, and nobody reloads a wall of signs. */
const REFRESH_MS = 60000;

/** The page. */
class LedPage extends PageElement {
  static properties = { plan: { state: true }, trouble: { state: true } };

  constructor() {
    super();
    const parts = pathParts('/led/{hall}/{window}');
    this.hall = parts['hall'] ?? '';
    this.window = parts['window'] ?? '';
    /** @type {PlanForm | null} of a wall of signs: which there are */
    this.plan = null;
    this.trouble = '';
  }

  /** @override */
  connectedCallback() {
    super.connectedCallback();
    Object.assign(window, { ledPixels: (/** @type {string} */ name = this.window) => this.#sign(name)?.pixels() ?? null });
    if (this.window === '') this.#start();
  }

  /** @override */
  pageTitle() {
    return this.window === '' ? t('led.all_title') : t('led.title');
  }

  /** @param {string} name @returns {LedSign | undefined} */
  #sign(name) {
    return [...this.querySelectorAll('led-sign')].find(
      /** @returns {sign is LedSign} */ (sign) => sign instanceof LedSign && sign.window === name,
    );
  }

  async #start() {
    const path = `/halls/${encodeURIComponent(this.hall)}/plan`;
    try {
      this.plan = await getPatiently(path, (error) => {
        this.trouble = error.detail;
      });
    } catch (error) {
      this.trouble = detailOf(error);
    }
    setInterval(async () => {
      try {
        this.plan = await get(path);
      } catch (error) {
        console.info('The signs stay those that were there last.', detailOf(error));
      }
    }, REFRESH_MS);
  }

  /** @override */
  render() {
    if (this.window !== '') {
      return html`<main><led-sign .hall=${this.hall} .window=${this.window}></led-sign></main>`;
    }
    const { plan } = this;
    return html`<main class="wall">
      <h1>${plan?.hall.name ?? t('led.all_title')}</h1>
      ${plan === null
        ? html`<p role="status">${this.trouble === '' ? t('led.connecting') : this.trouble}</p>`
        : nothing}
      ${repeat(
        plan?.windows ?? [],
        ({ id }) => id,
        ({ id, led = null }) =>
          html`<led-sign .hall=${this.hall} .window=${id} .among=${true} .planned=${led}></led-sign>`,
      )}
    </main>`;
  }
}

await startPage('led-page', LedPage);
