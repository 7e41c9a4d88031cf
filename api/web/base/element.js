/** The elements that pages are made of: a page's root element, and its parts. */

import { LitElement, html, nothing } from 'lit';
import { languageName, nextLanguage, onLanguage, switchLanguage, t, useLanguage } from 'base/i18n.js';
import { icon } from 'base/icons.js';
import Languages from 'lucide/languages.mjs';
import WifiOff from 'lucide/wifi-off.mjs';

/** @typedef {import('base/socket.js').Connection} Connection */

/**
 * Base of a page's parts: renders into the light DOM, so that the page's stylesheet applies, and again whenever the
 * language changes.
 */
export class PartElement extends LitElement {
  /** @override */
  createRenderRoot() {
    return this;
  }

  /** @override */
  connectedCallback() {
    super.connectedCallback();
    this.endLanguage = onLanguage(() => this.languageChanged());
  }

  /** @override */
  disconnectedCallback() {
    super.disconnectedCallback();
    this.endLanguage?.();
  }

  languageChanged() {
    this.requestUpdate();
  }
}

/** Base of every page's root element. */
export class PageElement extends PartElement {
  /** On a shared device the next person starts in Chinese again. */
  remembersLanguage = true;

  /** @override */
  connectedCallback() {
    super.connectedCallback();
    document.title = this.pageTitle();
  }

  /** @override */
  languageChanged() {
    document.title = this.pageTitle();
    super.languageChanged();
  }

  /** @returns {string} the title of the browser's tab */
  pageTitle() {
    return t('base.product');
  }

  /** The button that leads to the next language; its text is that language's name in itself. */
  languageSwitch() {
    const other = nextLanguage();
    const change = () => switchLanguage(other, { keep: this.remembersLanguage });
    return html`<button type="button" class="language" lang=${other} @click=${change}>
      ${icon(Languages)} ${languageName(other)}
    </button>`;
  }

  /**
   * The line that says that what is shown may be old.
   *
   * @param {Connection} connection
   */
  staleBanner(connection) {
    return connection === 'stale'
      ? html`<p class="stale" role="status">${icon(WifiOff)} ${t('base.stale')}</p>`
      : nothing;
  }
}

/** Pause between two tries to read the texts at the start. */
const START_RETRY_MS = 2000;

/**
 * Load the texts, then define a page's root element: no page is ever seen without its words.
 *
 * An unattended screen has nobody to reload it, so this goes on trying until the controller is there.
 *
 * @param {string} name
 * @param {CustomElementConstructor} page
 */
export async function startPage(name, page) {
  for (;;) {
    try {
      await useLanguage();
      break;
    } catch (error) {
      console.info('The texts cannot be read yet.', error);
      await new Promise((resolve) => setTimeout(resolve, START_RETRY_MS));
    }
  }
  customElements.define(name, page);
}

/**
 * Parts of the page's path by name, decoded.
 *
 * @param {string} pattern E.g. `/pad/{hall}/{window}`.
 * @param {string} [path]
 * @returns {Record<string, string>} an empty string for a part that is missing
 */
export function pathParts(pattern, path = location.pathname) {
  const given = path.split('/');
  /** @type {Record<string, string>} */
  const parts = {};
  pattern.split('/').forEach((piece, index) => {
    if (piece.startsWith('{')) parts[piece.slice(1, -1)] = decodeURIComponent(given[index] ?? '');
  });
  return parts;
}
