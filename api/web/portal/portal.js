/** The portal: every page of every hall in this program, and what each is for. */

import { html, nothing } from 'lit';
import { detailOf, get, getPatiently } from 'base/api.js';
import { PageElement, startPage } from 'base/element.js';
import { t } from 'base/i18n.js';
import { icon } from 'base/icons.js';
import FaceSlightlySmiling from 'lucide/face-slightly-smiling.mjs';
import Headset from 'lucide/headset.mjs';
import IdCard from 'lucide/id-card.mjs';
import LayoutDashboard from 'lucide/layout-dashboard.mjs';
import RectangleEllipsis from 'lucide/rectangle-ellipsis.mjs';
import Tickets from 'lucide/tickets.mjs';
import Tv from 'lucide/tv.mjs';

/**
 * @typedef {import('base/types.js').HallForm} HallForm
 * @typedef {import('base/types.js').PlanForm} PlanForm
 * @typedef {{hall: HallForm, plan: PlanForm}} Entry
 */

/** Waiting figures are read anew this often while the page is in sight. */
const REFRESH_MS = 10000;

/** Pages of the program itself: address, and the key of what it is. */
const OPERATIONS = /** @type {const} */ ([
  ['/docs', 'portal.docs'],
  ['/openapi.json', 'portal.openapi'],
  ['/docs/mqtt', 'portal.mqtt'],
  ['/asyncapi.json', 'portal.asyncapi'],
  ['/metrics', 'portal.metrics'],
  ['/healthz', 'portal.healthz'],
  ['/readyz', 'portal.readyz'],
]);

/** The page. */
class PortalPage extends PageElement {
  static properties = {
    entries: { state: true },
    trouble: { state: true },
  };

  constructor() {
    super();
    /** @type {Entry[] | null} */
    this.entries = null;
    this.trouble = '';
  }

  /** @override */
  connectedCallback() {
    super.connectedCallback();
    this.#start();
  }

  /** @override */
  pageTitle() {
    return t('portal.title');
  }

  async #start() {
    try {
      await getPatiently('/halls', (error) => {
        this.trouble = error.detail;
      });
    } catch (error) {
      this.trouble = detailOf(error);
      return;
    }
    await this.#refresh();
    setInterval(() => document.visibilityState === 'visible' && this.#refresh(), REFRESH_MS);
  }

  async #refresh() {
    try {
      /** @type {HallForm[]} */
      const halls = await get('/halls');
      this.entries = await Promise.all(
        halls.map(async (hall) => ({ hall, plan: await get(`/halls/${encodeURIComponent(hall.hall)}/plan`) })),
      );
      this.trouble = '';
    } catch (error) {
      this.trouble = detailOf(error);
    }
  }

  /** @override */
  render() {
    return html`
      <header class="head">
        <div>
          <h1>${t('portal.title')}</h1>
          <p>${t('portal.lead')}</p>
        </div>
        ${this.languageSwitch()}
      </header>
      <main>
        ${this.trouble === '' ? nothing : html`<p class="alert" role="alert">${this.trouble}</p>`}
        ${this.entries === null && this.trouble === '' ? html`<p role="status">${t('portal.loading')}</p>` : nothing}
        ${this.entries?.length === 0 ? html`<p>${t('portal.no_halls')}</p>` : nothing}
        ${(this.entries ?? []).map((entry) => this.#hall(entry))} ${this.#operations()}
      </main>
    `;
  }

  /** @param {Entry} entry */
  #hall({ hall, plan }) {
    const id = encodeURIComponent(hall.hall);
    const tv = plan.devices?.find((device) => device.kind === 'tv');
    const machine = plan.devices?.find((device) => device.kind === 'ticket_machine');
    const kiosk = machine === undefined ? `/kiosk/${id}` : `/kiosk/${id}?device=${encodeURIComponent(machine.id)}`;
    const display = tv === undefined ? '' : `?display=${encodeURIComponent(tv.id)}`;
    return html`<section class="hall" aria-labelledby="hall-${hall.hall}">
      <header class="hall-head">
        <h2 id="hall-${hall.hall}">${plan.hall.name}</h2>
        <p>
          <span class="open ${hall.open ? 'yes' : 'no'}">${hall.open ? t('portal.open') : t('portal.closed')}</span>
          ${t('portal.waiting', { count: hall.waiting })}
        </p>
      </header>
      <ul class="pages">
        ${this.#page(kiosk, Tickets, t('portal.kiosk'), t('portal.kiosk_for'))}
        ${this.#page(`/tv/${id}${display}`, Tv, t('portal.tv'), t('portal.tv_for'))}
        ${this.#page(`/led/${id}`, RectangleEllipsis, t('portal.leds'), t('portal.leds_for'))}
        ${this.#page(`/manager/${id}`, LayoutDashboard, t('portal.manager'), t('portal.manager_for'))}
      </ul>
      <div class="windows">
        <table>
          <caption>
            ${t('portal.by_window')}
          </caption>
          <thead>
            <tr>
              <th scope="col">${t('portal.window')}</th>
              <th scope="col">${icon(Headset)} ${t('portal.clerk')}<small>${t('portal.clerk_for')}</small></th>
              <th scope="col">${icon(RectangleEllipsis)} ${t('portal.led')}<small>${t('portal.led_for')}</small></th>
              <th scope="col">${icon(IdCard)} ${t('portal.sign')}<small>${t('portal.sign_for')}</small></th>
              <th scope="col">${icon(FaceSlightlySmiling)} ${t('portal.pad')}<small>${t('portal.pad_for')}</small></th>
            </tr>
          </thead>
          <tbody>
            ${plan.windows.map((window) => this.#window(id, window))}
          </tbody>
        </table>
      </div>
      <p class="aside">${t('portal.phone_for')}</p>
    </section>`;
  }

  /**
   * @param {string} address
   * @param {import('base/icons.js').Drawing} picture
   * @param {string} name
   * @param {string} purpose
   */
  #page(address, picture, name, purpose) {
    return html`<li>
      <a class="page" href=${address}>${icon(picture)}<span><strong>${name}</strong>${purpose}</span></a>
    </li>`;
  }

  /**
   * @param {string} hall Encoded.
   * @param {import('base/types.js').PlanWindow} window
   */
  #window(hall, window) {
    const id = encodeURIComponent(window.id);
    const link = (/** @type {string} */ page, /** @type {string} */ name) =>
      html`<td><a href="/${page}/${hall}/${id}" aria-label="${window.label} ${name}">${name}</a></td>`;
    return html`<tr>
      <th scope="row">${window.label}</th>
      ${link('clerk', t('portal.clerk'))} ${link('led', t('portal.led'))}
      ${link('sign', t('portal.sign'))} ${link('pad', t('portal.pad'))}
    </tr>`;
  }

  #operations() {
    return html`<section class="hall" aria-labelledby="operations">
      <header class="hall-head"><h2 id="operations">${t('portal.operations')}</h2></header>
      <ul class="operations">
        ${OPERATIONS.map(([address, key]) => html`<li><a href=${address}>${address}</a><span>${t(key)}</span></li>`)}
      </ul>
    </section>`;
  }
}

await startPage('portal-page', PortalPage);
