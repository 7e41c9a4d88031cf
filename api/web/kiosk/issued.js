/** The ticket just taken: its number, large; how many are ahead; the code that brings it to a phone. */

import { html, nothing } from 'lit';
import { waitText } from 'base/format.js';
import { t } from 'base/i18n.js';

/**
 * @param {{wish: {service: import('./services.js').Matter, lane: 'normal' | 'green'},
 *   issued: import('base/types.js').Issued, left_s: number, givenBack: boolean, trouble: string}} view
 * @param {boolean} printed Whether a device prints the receipt.
 * @param {{done: () => void, giveBack: () => void}} acts
 */
export function issuedView({ wish, issued, left_s, givenBack, trouble }, printed, { done, giveBack }) {
  if (givenBack) {
    return html`<section class="notice" role="status">
      <h2>${t('kiosk.given_back', { number: issued.number })}</h2>
      <div class="choices"><button type="button" class="button large" @click=${done}>${t('kiosk.done')}</button></div>
    </section>`;
  }
  return html`<section class="issued">
    <div class="issued-number" role="status">
      <h2>${t('kiosk.your_number')}</h2>
      <p class="number">${issued.number}</p>
      <p class="issued-service">
        ${wish.service.name}
        ${wish.lane === 'green' ? html`<span class="lane-tag">${t('lane.green')}</span>` : nothing}
      </p>
    </div>
    <dl class="issued-facts">
      <div>
        <dt>${t('kiosk.ahead')}</dt>
        <dd>${t('kiosk.people', { count: issued.ahead })}</dd>
      </div>
      <div>
        <dt>${t('kiosk.wait')}</dt>
        <dd>${waitText(issued.wait)}</dd>
      </div>
    </dl>
    <figure class="issued-code">
      <img src="/api/v1/tickets/${encodeURIComponent(issued.token)}/qr.svg" alt=${t('kiosk.code_alt')} />
      <figcaption>${t('kiosk.code')}</figcaption>
    </figure>
    <p class="issued-hint">${printed ? t('kiosk.take_paper') : t('kiosk.remember')}</p>
    ${trouble === '' ? nothing : html`<p class="alert" role="alert">${trouble}</p>`}
    <div class="choices">
      <button type="button" class="button large" @click=${done}>${t('kiosk.done')}</button>
      <button type="button" class="button large quiet" @click=${giveBack}>${t('kiosk.wrong')}</button>
    </div>
    <p class="issued-left">${t('kiosk.left', { seconds: left_s })}</p>
  </section>`;
}
