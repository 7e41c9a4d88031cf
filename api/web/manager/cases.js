/** The hall's open cases, the most urgent first: what is late, what is due, whom to remind. */

import { html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { detailOf, get } from 'base/api.js';
import { PartElement } from 'base/element.js';
import { t } from 'base/i18n.js';
import { signInFor } from 'base/session.js';

/**
 * @typedef {import('../clerk/case_api.js').Pledge} Pledge
 * @typedef {import('../clerk/case_api.js').CaseForm & {reminders: Pledge[]}} DueForm
 */

/** A promise changes by people's steps and at midnight: this often it is looked at while the list is in sight. */
const LOOK_MS = 30000;
const SHOWN_MAX = 100;

/** The list. */
class CaseList extends PartElement {
  static properties = { path: {}, cases: { state: true }, trouble: { state: true } };

  constructor() {
    super();
    /** Of the hall, e.g. `/halls/demo`. */
    this.path = '';
    /** @type {DueForm[] | null} */
    this.cases = null;
    this.trouble = '';
  }

  /** @override */
  connectedCallback() {
    super.connectedCallback();
    this.timer = setInterval(() => this.#look(), LOOK_MS);
    this.#look();
  }

  /** @override */
  disconnectedCallback() {
    super.disconnectedCallback();
    clearInterval(this.timer);
  }

  async #look() {
    try {
      this.cases = await get(`${this.path}/cases?open=true&limit=${SHOWN_MAX}`);
      this.trouble = '';
    } catch (error) {
      if (!signInFor(error)) this.trouble = detailOf(error);
    }
  }

  /** @override */
  render() {
    const cases = this.cases;
    return html`<section class="panel hours due-cases" aria-labelledby="cases-title">
      <header class="panel-head"><h2 id="cases-title">${t('manager.cases_title')}</h2></header>
      ${this.trouble === '' ? nothing : html`<p class="alert" role="alert">${this.trouble}</p>`}
      ${cases === null ? nothing : cases.length === 0 ? html`<p class="nobody">${t('manager.cases_none')}</p>` : this.#table(cases)}
    </section>`;
  }

  /** @param {DueForm[]} cases */
  #table(cases) {
    return html`<table>
      <thead>
        <tr>
          <th scope="col">${t('clerk.case_number')}</th>
          <th scope="col">${t('manager.cases_service')}</th>
          <th scope="col">${t('manager.cases_state')}</th>
          <th scope="col">${t('manager.cases_promised')}</th>
          <th scope="col">${t('manager.cases_answerable')}</th>
          <th scope="col">${t('manager.cases_remind')}</th>
        </tr>
      </thead>
      <tbody>
        ${repeat(
          cases,
          (form) => form.case,
          (form) => html`<tr data-case=${form.case} class=${form.pace === null ? '' : `pace-${form.pace}`}>
            <th scope="row" class="number">${form.case}</th>
            <td>${form.service_name}</td>
            <td>${t(`clerk.case_state_${form.state}`)}</td>
            <td>
              ${form.promised ?? nothing}
              ${form.pace === null ? nothing : html`<em>${t(`clerk.case_pace_${form.pace}`)}</em>`}
            </td>
            <td>${form.first_asked}</td>
            <td>
              ${form.reminders.map(
                ({ material, due }) => html`<p>${t('clerk.case_owed', { name: material, date: due })}</p>`,
              )}
            </td>
          </tr>`,
        )}
      </tbody>
    </table>`;
  }
}

customElements.define('case-list', CaseList);
