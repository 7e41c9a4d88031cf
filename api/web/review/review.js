/**
 * The review page behind a window's code: `/review/{hall}/{window}`, on a citizen's own phone. It offers what the window
 * gave last; the code on the pad names the ticket, `?ticket=…`, and asks for its review at once.
 */

import { html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import Heart from 'lucide/heart.mjs';
import { detailOf, getPatiently } from 'base/api.js';
import { PageElement, pathParts, startPage } from 'base/element.js';
import { clockText } from 'base/format.js';
import { t } from 'base/i18n.js';
import { icon } from 'base/icons.js';
import 'base/review.js';

/**
 * @typedef {{ticket: string, number: string, ended_at: string}} Offer
 * @typedef {{hall_name: string, timezone: string, label: string, offers: Offer[]}} Offers
 */

/** The page. */
class ReviewPage extends PageElement {
  static properties = {
    told: { state: true },
    ticket: { state: true },
    thanked: { state: true },
    trouble: { state: true },
  };

  constructor() {
    super();
    const parts = pathParts('/review/{hall}/{window}');
    this.hall = parts['hall'] ?? '';
    this.window = parts['window'] ?? '';
    /** @type {Offers | null} */
    this.told = null;
    /** The ticket that is rated; that of the code, or the one chosen. */
    this.ticket = new URLSearchParams(location.search).get('ticket') ?? '';
    this.thanked = false;
    this.trouble = '';
  }

  /** @override */
  connectedCallback() {
    super.connectedCallback();
    this.#read();
    // A phone's page is come back to, perhaps after the next service.
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'visible' && this.ticket === '') this.#read();
    });
  }

  /** @override */
  pageTitle() {
    return t('review.title');
  }

  async #read() {
    const path = `/halls/${encodeURIComponent(this.hall)}/signs/${encodeURIComponent(this.window)}/reviews`;
    try {
      this.told = await getPatiently(path, (error) => {
        this.trouble = error.detail;
      });
      this.trouble = '';
    } catch (error) {
      this.trouble = detailOf(error);
    }
  }

  /** @override */
  render() {
    return html`<header class="head">
        <h1>${this.told?.label ?? t('review.title')}</h1>
        ${this.languageSwitch()}
      </header>
      <main class="visit">${this.#stage()}</main>`;
  }

  #stage() {
    const told = this.told;
    if (this.thanked) {
      return html`<section class="thanks" role="status">
        ${icon(Heart)}
        <h2>${t('review.thanks')}</h2>
      </section>`;
    }
    if (told === null) {
      return html`<p role="status">${this.trouble === '' ? t('review.preparing') : this.trouble}</p>`;
    }
    const offer = told.offers.find(({ ticket }) => ticket === this.ticket);
    if (offer !== undefined) return this.#form(offer);
    if (told.offers.length === 0) return html`<p role="status">${t('review.nothing')}</p>`;
    return html`<section class="which" aria-labelledby="which">
      <h2 id="which">${t('review.which')}</h2>
      <p>${t('review.which_hint')}</p>
      ${repeat(
        told.offers,
        ({ ticket }) => ticket,
        ({ ticket, number, ended_at }) => html`<button
          type="button"
          class="button quiet large"
          @click=${() => {
            this.ticket = ticket;
          }}
        >
          <strong class="number">${number}</strong>
          <span>${t('review.ended', { time: clockText(ended_at, told.timezone) })}</span>
        </button>`,
      )}
    </section>`;
  }

  /** @param {Offer} offer */
  #form({ ticket, number }) {
    const done = () => {
      this.thanked = true;
    };
    const others = (this.told?.offers.length ?? 0) > 1;
    return html`<p class="for">${t('review.for_number', { number })}</p>
      <review-form
        .hall=${this.hall}
        .subject=${{ ticket, window: this.window }}
        @reviewed=${done}
      ></review-form>
      ${others
        ? html`<button
            type="button"
            class="button quiet other"
            @click=${() => {
              this.ticket = '';
            }}
          >
            ${t('review.other')}
          </button>`
        : nothing}`;
  }
}

await startPage('review-page', ReviewPage);
