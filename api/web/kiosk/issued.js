/** The ticket just taken: its number, large; how many are ahead; the code that brings it to a phone. */

import { html, nothing } from 'lit';
import { waitText } from 'base/format.js';
import { t } from 'base/i18n.js';
import { icon } from 'base/icons.js';
import Check from 'lucide/check.mjs';
import Clock from 'lucide/clock.mjs';
import Printer from 'lucide/printer.mjs';
import PrinterX from 'lucide/printer-x.mjs';
import Smartphone from 'lucide/smartphone.mjs';
import Undo2 from 'lucide/undo-2.mjs';
import UsersRound from 'lucide/users-round.mjs';

/** @typedef {'none' | 'coming' | 'printed' | 'failed'} Paper What is known of the receipt. */

/** @param {Paper} paper */
function paperHint(paper) {
  if (paper === 'failed') return html`<p class="alert" role="alert">${icon(PrinterX)} ${t('kiosk.no_paper')}</p>`;
  const hint = { none: t('kiosk.remember'), coming: t('kiosk.paper_coming'), printed: t('kiosk.take_paper') }[paper];
  return html`<p class="issued-hint" role="status">${paper === 'none' ? nothing : icon(Printer)} ${hint}</p>`;
}

/**
 * @param {{name: string, lane: string, issued: import('base/types.js').Issued, left_s: number, givenBack: boolean,
 *   trouble: string, paper: Paper}} view
 * @param {{done: () => void, giveBack: () => void}} acts
 */
export function issuedView({ name, lane, issued, left_s, givenBack, trouble, paper }, { done, giveBack }) {
  if (givenBack) {
    return html`<section class="notice" role="status">
      <h2 tabindex="-1">${t('kiosk.given_back', { number: issued.number })}</h2>
      <div class="choices"><button type="button" class="button large" @click=${done}>${icon(Check)} ${t('kiosk.done')}</button></div>
    </section>`;
  }
  return html`<section class="issued paper-${paper}">
    <div class="issued-number" role="status">
      <h2 tabindex="-1">${t('kiosk.your_number')}</h2>
      <p class="number">${issued.number}</p>
      <p class="issued-service">
        ${name}
        ${lane === 'green' ? html`<span class="lane-tag">${t('lane.green')}</span>` : nothing}
        ${lane === 'appointment' ? html`<span class="lane-tag">${t('lane.appointment')}</span>` : nothing}
      </p>
    </div>
    <dl class="issued-facts">
      <div>
        <dt>${icon(UsersRound)} ${t('kiosk.ahead')}</dt>
        <dd>${t('kiosk.people', { count: issued.ahead })}</dd>
      </div>
      <div>
        <dt>${icon(Clock)} ${t('kiosk.wait')}</dt>
        <dd>${waitText(issued.wait)}</dd>
      </div>
    </dl>
    <figure class="issued-code">
      <img src="/api/v1/tickets/${encodeURIComponent(issued.token)}/qr.svg" alt=${t('kiosk.code_alt')} />
      <figcaption>${icon(Smartphone)} ${t('kiosk.code')}</figcaption>
    </figure>
    ${paperHint(paper)} ${trouble === '' ? nothing : html`<p class="alert" role="alert">${trouble}</p>`}
    <div class="choices">
      <button type="button" class="button large" @click=${done}>${icon(Check)} ${t('kiosk.done')}</button>
      <button type="button" class="button large quiet" @click=${giveBack}>${icon(Undo2)} ${t('kiosk.wrong')}</button>
    </div>
    <p class="issued-left">${t('kiosk.left', { seconds: left_s })}</p>
  </section>`;
}
