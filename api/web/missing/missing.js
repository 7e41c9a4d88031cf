/** What a browser shows at an address at which there is nothing: that it is so, and the way to all pages. */

import { html } from 'lit';
import { PageElement, startPage } from 'base/element.js';
import { t } from 'base/i18n.js';
import { icon } from 'base/icons.js';
import House from 'lucide/house.mjs';
import MapPinOff from 'lucide/map-pin-off.mjs';

/** The page. */
class MissingPage extends PageElement {
  /** @override */
  pageTitle() {
    return t('base.missing');
  }

  /** @override */
  render() {
    return html`
      <header class="head"><span>${t('base.product')}</span>${this.languageSwitch()}</header>
      <main class="missing">
        ${icon(MapPinOff)}
        <h1>${t('base.missing')}</h1>
        <p>${t('base.missing_hint')}</p>
        <a class="button" href="/">${icon(House)} ${t('base.missing_home')}</a>
      </main>
    `;
  }
}

await startPage('missing-page', MissingPage);
