/** The inspection list: what the hall must have, filled in as far as the controller knows; to be printed and ticked. */

import { html, nothing } from 'lit';
import ClipboardCheck from 'lucide/clipboard-check.mjs';
import { detailOf, get } from 'base/api.js';
import { PartElement } from 'base/element.js';
import { dayText } from 'base/format.js';
import { t } from 'base/i18n.js';
import { icon } from 'base/icons.js';
import { signInFor } from 'base/session.js';

/**
 * @typedef {import('./types.js').PlanForm} PlanForm
 * @typedef {'window_signs' | 'guides' | 'review_pads' | 'ticket_machines' | 'call_pads' | 'screens' | 'voice'
 *   | 'reading_glasses' | 'hearing_aid' | 'wheelchair' | 'medicine_box' | 'desks' | 'cabinets' | 'lockers'
 *   | 'computers' | 'copier' | 'telephone' | 'document_camera' | 'barrier_free'} Item
 *
 * @typedef {object} Line
 * @property {Item} item
 * @property {'present' | 'not_working' | 'missing' | 'by_hand'} found
 * @property {number} wanted
 * @property {number} working
 * @property {string[]} missing
 * @property {string[]} broken
 *
 * @typedef {{at: string, lines: Line[]}} Inspection
 */

/** Names that are listed; of more it is said how many. */
const NAMED_MAX = 6;

/** `<inspection-list>`: set `path` and `plan`. */
class InspectionList extends PartElement {
  static properties = {
    path: { attribute: false },
    plan: { attribute: false },
    list: { state: true },
    unread: { state: true },
  };

  constructor() {
    super();
    /** E.g. `/halls/demo`. */
    this.path = '';
    /** @type {PlanForm | null} */
    this.plan = null;
    /** @type {Inspection | null} the list, once it was asked for */
    this.list = null;
    /** Why it can't be read now. */
    this.unread = '';
  }

  async #read() {
    try {
      this.list = await get(`${this.path}/health/inspection`);
      this.unread = '';
    } catch (error) {
      if (!signInFor(error)) this.unread = detailOf(error);
    }
  }

  /** @override */
  render() {
    const { list, unread, plan } = this;
    return html`<section class="panel inspection" aria-labelledby="inspection-title">
      <header class="panel-head">
        <h2 id="inspection-title">${t('manager.inspection_title')}</h2>
        <p>${t('manager.inspection_lead')}</p>
      </header>
      ${unread === '' ? nothing : html`<p class="alert" role="alert">${unread}</p>`}
      <p class="inspection-acts">
        <button type="button" class="press" @click=${() => this.#read()}>
          ${icon(ClipboardCheck)} ${t('manager.inspection_make')}
        </button>
        ${list === null
          ? nothing
          : html`<button type="button" class="press" @click=${() => print()}>${t('manager.inspection_print')}</button>`}
      </p>
      ${list === null
        ? nothing
        : html`<p class="inspection-of">
              ${plan?.hall.name} <time datetime=${list.at}>${dayText(list.at, plan?.hall.timezone ?? '')}</time>
            </p>
            <table class="device-rows">
              <thead>
                <tr>
                  <th scope="col">${t('manager.inspection_item')}</th>
                  <th scope="col">${t('manager.inspection_found')}</th>
                  <th scope="col">${t('manager.inspection_lacks')}</th>
                  <th scope="col">${t('manager.inspection_seen')}</th>
                </tr>
              </thead>
              <tbody>
                ${list.lines.map((line) => this.#row(line))}
              </tbody>
            </table>
            <p class="inspection-sign">${t('manager.inspection_sign')}</p>`}
    </section>`;
  }

  /** @param {Line} line */
  #row(line) {
    const { item, found, wanted, working } = line;
    const count = wanted > 1 ? ` ${working}/${wanted}` : wanted === 0 && working > 0 ? ` ${working}` : '';
    return html`<tr data-item=${item} class=${found}>
      <th scope="row">${t(`manager.inspection_item_${item}`)}</th>
      <td><em>${t(`manager.inspection_${found}`)}</em>${count}</td>
      <td>${this.#lacks(line)}</td>
      <td class="box">☐</td>
    </tr>`;
  }

  /** @param {Line} line */
  #lacks({ item, missing, broken }) {
    const lines = [];
    if (missing.length > 0) {
      const names = missing.slice(0, NAMED_MAX).map((id) => this.#nameOf(item, id));
      const rest = missing.length > NAMED_MAX ? t('manager.inspection_more', { count: missing.length }) : '';
      lines.push(t('manager.inspection_without', { names: names.join(t('manager.health_comma')) + rest }));
    }
    if (broken.length > 0)
      lines.push(t('manager.inspection_broken', { names: broken.join(t('manager.health_comma')) }));
    return lines.map((line) => html`<span>${line}</span>`);
  }

  /** @param {Item} item @param {string} id */
  #nameOf(item, id) {
    if (item === 'guides') return this.plan?.services.find(({ code }) => code === id)?.name ?? id;
    if (item === 'screens' || item === 'voice') return this.plan?.zones?.find((zone) => zone.id === id)?.name ?? id;
    return this.plan?.windows.find((window) => window.id === id)?.label ?? id;
  }
}

customElements.define('inspection-list', InspectionList);
