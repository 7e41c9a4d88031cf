/** The health of the hall's devices: what is wrong, since when, whom it hits and what to do; the worst first. */

import { html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import Info from 'lucide/info.mjs';
import OctagonAlert from 'lucide/octagon-alert.mjs';
import TriangleAlert from 'lucide/triangle-alert.mjs';
import { detailOf, get } from 'base/api.js';
import { PartElement } from 'base/element.js';
import { momentText } from 'base/format.js';
import { hasText, t } from 'base/i18n.js';
import { icon } from 'base/icons.js';
import { signInFor } from 'base/session.js';

/**
 * @typedef {import('./types.js').PlanForm} PlanForm
 * @typedef {'critical' | 'warning' | 'notice'} Severity
 * @typedef {'shut_out' | 'never_seen' | 'offline' | 'silent' | 'paper_out' | 'printer_stopped' | 'paper_low'
 *   | 'battery_low' | 'signal_weak' | 'temperature' | 'clock_wrong' | 'flapping' | 'nonsense'} Fault
 *
 * @typedef {object} Trouble
 * @property {string} device
 * @property {string} kind
 * @property {Fault} fault
 * @property {Severity} severity
 * @property {'noticed' | 'raised' | 'recovering'} state
 * @property {string | null} since
 * @property {Record<string, string | number>} params
 * @property {string | null} window
 * @property {string | null} zone
 * @property {string[]} services
 * @property {boolean} alone
 *
 * @typedef {{at: string, devices: number, well: number, troubles: Trouble[]}} Health
 */

/** Devices fail by themselves: this often it is looked at while the page is in sight. */
const LOOK_MS = 5000;
/** Services that are named; of more it is said how many. */
const NAMED_MAX = 3;

const PICTURES = { critical: OctagonAlert, warning: TriangleAlert, notice: Info };

/** `<device-health>`: set `path`, `plan` and `now_ms`. */
class DeviceHealth extends PartElement {
  static properties = {
    path: { attribute: false },
    plan: { attribute: false },
    now_ms: { attribute: false },
    health: { state: true },
    unread: { state: true },
  };

  constructor() {
    super();
    /** E.g. `/halls/demo`. */
    this.path = '';
    /** @type {PlanForm | null} */
    this.plan = null;
    this.now_ms = 0;
    /** @type {Health | null} */
    this.health = null;
    /** Why it can't be read now. */
    this.unread = '';
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
      this.health = await get(`${this.path}/health`);
      this.unread = '';
    } catch (error) {
      if (!signInFor(error)) this.unread = detailOf(error);
    }
  }

  /** @override */
  render() {
    const { health, unread } = this;
    return html`${unread === '' ? nothing : html`<p class="alert" role="alert">${unread}</p>`}
    ${health === null ? nothing : this.#panel(health)}`;
  }

  /** @param {Health} health */
  #panel({ devices, well, troubles }) {
    return html`<section class="panel" aria-labelledby="health-title">
      <header class="panel-head">
        <h2 id="health-title">${t('manager.health_title')}</h2>
        <p>${t('manager.health_lead', { well, devices })}</p>
      </header>
      ${troubles.length === 0
        ? html`<p class="nobody">${t(devices === 0 ? 'manager.devices_none' : 'manager.health_well')}</p>`
        : html`<ol class="troubles">
            ${repeat(
              troubles,
              ({ device, fault }) => `${device}/${fault}`,
              (trouble) => this.#trouble(trouble),
            )}
          </ol>`}
    </section>`;
  }

  /** @param {Trouble} trouble */
  #trouble(trouble) {
    const { device, kind, fault, severity, state, since } = trouble;
    return html`<li class="trouble ${severity} ${state}" data-fault="${device}/${fault}">
      <span class="grade">${icon(PICTURES[severity])} ${t(`manager.health_${severity}`)}</span>
      <p class="what">
        <strong>${kindText(kind)} ${device}</strong>
        ${faultText(trouble)}
        ${state === 'recovering' ? html`<em>${t('manager.health_recovering')}</em>` : nothing}
      </p>
      <p class="whom">${this.#hit(trouble)}</p>
      <p class="do">${t(`manager.health_do_${fault}`)}</p>
      ${since === null
        ? nothing
        : html`<time datetime=${since}>${t('manager.device_since', { time: this.#moment(since) })}</time>`}
    </li>`;
  }

  /** @param {Trouble} trouble @returns {string} whom it hits */
  #hit({ window, zone, services, alone }) {
    const place = this.#placeText(window, zone);
    const others = alone ? '' : ` ${t('manager.health_others')}`;
    if (services.length === 0) return t('manager.health_hits', { place }) + others;
    const names = services
      .slice(0, NAMED_MAX)
      .map((code) => this.plan?.services.find((service) => service.code === code)?.name ?? code)
      .join(t('manager.health_comma'));
    const key = services.length > NAMED_MAX ? 'manager.health_hits_many' : 'manager.health_hits_services';
    return t(key, { place, names, count: services.length }) + others;
  }

  /** @param {string | null} window @param {string | null} zone */
  #placeText(window, zone) {
    if (window !== null) return this.plan?.windows.find(({ id }) => id === window)?.label ?? window;
    if (zone !== null) return this.plan?.zones?.find(({ id }) => id === zone)?.name ?? zone;
    return t('manager.device_anywhere');
  }

  /** @param {string} at */
  #moment(at) {
    return momentText(at, this.plan?.hall.timezone ?? '', this.now_ms);
  }
}

/** @param {Trouble} trouble @returns {string} what is wrong, with its figures */
function faultText({ fault, params }) {
  const figures = Object.fromEntries(
    Object.entries(params).map(([name, value]) => [
      name,
      name === 'reason' ? reasonText(String(value)) : String(Math.round(Math.abs(Number(value)) * 10) / 10),
    ]),
  );
  const sign = Number(params['temperature_c'] ?? 0) < 0 || Number(params['signal_dbm'] ?? 0) < 0 ? '-' : '';
  return t(`manager.health_fault_${fault}`, { ...figures, sign });
}

/** @param {string} reason @returns {string} why a printer doesn't print, as it came where this page doesn't know it */
function reasonText(reason) {
  const key = `manager.health_printer_${reason}`;
  return hasText(key) ? t(key) : reason;
}

/** @param {string} kind @returns {string} as it came where this page doesn't know it */
function kindText(kind) {
  const key = `manager.device_kind_${kind}`;
  return hasText(key) ? t(key) : kind;
}

customElements.define('device-health', DeviceHealth);
