/** The print jobs of today, of all papers: where each is, why it isn't on paper, and each once more. */

import { html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { detailOf, get, newKey, send } from 'base/api.js';
import { PartElement } from 'base/element.js';
import { clockText } from 'base/format.js';
import { hasText, t } from 'base/i18n.js';
import { icon } from 'base/icons.js';
import Printer from 'lucide/printer.mjs';
import { signInFor } from 'base/session.js';

/**
 * @typedef {import('./types.js').PlanForm} PlanForm
 * @typedef {'queued' | 'printing' | 'printed' | 'failed' | 'expired'} State
 *
 * @typedef {object} Job
 * @property {string} job
 * @property {'ticket' | 'notice' | 'acceptance' | 'commitment' | 'delivery' | 'closing'} paper
 * @property {string} subject
 * @property {string} device
 * @property {State} state
 * @property {string | null} reason
 * @property {string} requested_at
 * @property {boolean} reprint
 */

/** Papers come out by themselves: this often it is looked at while the list is in sight. */
const LOOK_MS = 5000;
/** More would be a list that nobody reads; those that need somebody come first. */
const SHOWN_MAX = 15;

/** `<print-jobs>`: set `path` and `plan`. */
class PrintJobs extends PartElement {
  static properties = {
    path: { attribute: false },
    plan: { attribute: false },
    jobs: { state: true },
    unread: { state: true },
    refusal: { state: true },
    said: { state: true },
    busy: { state: true },
  };

  constructor() {
    super();
    /** E.g. `/halls/demo`. */
    this.path = '';
    /** @type {PlanForm | null} */
    this.plan = null;
    /** @type {Job[] | null} */
    this.jobs = null;
    this.unread = '';
    this.refusal = '';
    this.said = '';
    this.busy = false;
  }

  /** @override */
  connectedCallback() {
    super.connectedCallback();
    this.timer = setInterval(() => document.visibilityState === 'visible' && this.#read(), LOOK_MS);
    this.#read();
  }

  /** @override */
  disconnectedCallback() {
    super.disconnectedCallback();
    clearInterval(this.timer);
  }

  async #read() {
    try {
      this.jobs = (await get(`${this.path}/papers/jobs`)).jobs;
      this.unread = '';
    } catch (error) {
      if (!signInFor(error)) this.unread = detailOf(error);
    }
  }

  /** @param {Job} job */
  async #again({ job }) {
    if (this.busy) return;
    this.busy = true;
    this.refusal = '';
    this.said = '';
    try {
      const { device } = await send('POST', `${this.path}/papers/jobs/${encodeURIComponent(job)}/reprint`, {}, newKey());
      this.said = t('manager.papers_printing', { device });
    } catch (error) {
      if (!signInFor(error)) this.refusal = detailOf(error);
    } finally {
      this.busy = false;
      await this.#read();
    }
  }

  /** @override */
  render() {
    const trouble = this.refusal || this.unread;
    return html`<section class="panel print-jobs" aria-labelledby="print-jobs-title">
      <header class="panel-head">
        <h2 id="print-jobs-title">${t('manager.jobs_title')}</h2>
        <p role="status">${this.said || t('manager.jobs_lead')}</p>
      </header>
      ${trouble === '' ? nothing : html`<p class="alert" role="alert">${trouble}</p>`}
      ${this.jobs === null ? nothing : this.#list(this.jobs)}
    </section>`;
  }

  /** @param {Job[]} jobs */
  #list(jobs) {
    if (jobs.length === 0) return html`<p class="nobody">${t('manager.jobs_none')}</p>`;
    const needy = jobs.filter(({ state }) => state !== 'printed');
    const shown = [...needy, ...jobs.filter(({ state }) => state === 'printed')].slice(0, SHOWN_MAX);
    return html`<table class="device-rows job-rows">
        <thead>
          <tr>
            <th scope="col">${t('manager.jobs_time')}</th>
            <th scope="col">${t('manager.jobs_paper')}</th>
            <th scope="col">${t('manager.jobs_subject')}</th>
            <th scope="col">${t('manager.papers_printer')}</th>
            <th scope="col">${t('manager.jobs_state')}</th>
            <td></td>
          </tr>
        </thead>
        <tbody>
          ${repeat(
            shown,
            ({ job }) => job,
            (job) => this.#row(job),
          )}
        </tbody>
      </table>
      ${shown.length < jobs.length
        ? html`<p class="hint">${t('manager.jobs_more', { count: jobs.length - shown.length })}</p>`
        : nothing}`;
  }

  /** @param {Job} job */
  #row(job) {
    const { paper, subject, device, state, reason, requested_at, reprint } = job;
    const again = t('manager.jobs_again');
    return html`<tr data-job=${job.job}>
      <td class="number">${clockText(requested_at, this.plan?.hall.timezone)}</td>
      <td>${t(`manager.paper_${paper}`)} ${reprint ? html`<small>${t('manager.jobs_reprint')}</small>` : nothing}</td>
      <th scope="row">${subject}</th>
      <td>${device}</td>
      <td>
        <em class="job-state ${state}">${t(`manager.jobs_${state}`)}</em>
        ${reason === null || state === 'printed' ? nothing : html`<small>${reasonText(reason)}</small>`}
      </td>
      <td class="acts">
        <button
          type="button"
          class="press"
          aria-label="${again} ${t(`manager.paper_${paper}`)} ${subject}"
          ?disabled=${this.busy}
          @click=${() => this.#again(job)}
        >
          ${icon(Printer)} ${again}
        </button>
      </td>
    </tr>`;
  }
}

/** @param {string} reason @returns {string} as it came where this page doesn't know it: devices may have words of their own */
function reasonText(reason) {
  const key = `manager.jobs_because_${reason}`;
  return hasText(key) ? t(key) : reason;
}

customElements.define('print-jobs', PrintJobs);
