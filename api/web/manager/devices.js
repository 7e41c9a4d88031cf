/** The hall's devices: which are there, which may speak; what a new one needs to join, and none that is gone. */

import { html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { detailOf, get, send } from 'base/api.js';
import { PartElement } from 'base/element.js';
import { momentText } from 'base/format.js';
import { hasText, t } from 'base/i18n.js';
import { signInFor } from 'base/session.js';
import './device_orders.js';
import './devices_dialogs.js';
import './firmware.js';

/**
 * @typedef {import('./devices_dialogs.js').Joined} Joined
 * @typedef {import('./types.js').PlanForm} PlanForm
 * @typedef {{window: string | null, zone: string | null}} Place
 *
 * @typedef {Place & {device: string, kind: string, firmware: string[], planned: boolean, registered: boolean, online: boolean,
 *   since: string | null, added_at: string | null, revoked_at: string | null}} Device
 * @typedef {{closed: boolean, broker: string, devices: Device[]}} DeviceList
 *
 * @typedef {object} Question What is asked before it is done.
 * @property {'first' | 'renew' | 'revoke'} wish
 * @property {string} device
 * @property {() => Promise<boolean>} act
 */

/** As the controller knows them; those that a hall adds most come first. */
const KINDS = /** @type {const} */ ([
  'review_pad',
  'call_pad',
  'ticket_machine',
  'led',
  'speaker',
  'printer',
  'tv',
  'help_button',
  'people_counter',
  'sensor',
]);
/** Devices come and go by themselves: this often it is looked at while the list is in sight. */
const LOOK_MS = 5000;

/** `<device-list>`: set `path`, `plan` and `now_ms`. */
class HallDevices extends PartElement {
  static properties = {
    path: { attribute: false },
    plan: { attribute: false },
    now_ms: { attribute: false },
    list: { state: true },
    unread: { state: true },
    refusal: { state: true },
    busy: { state: true },
    question: { state: true },
    joined: { state: true },
    told: { state: true },
    board: { state: true },
  };

  constructor() {
    super();
    /** E.g. `/halls/demo`. */
    this.path = '';
    /** @type {PlanForm | null} */
    this.plan = null;
    this.now_ms = 0;
    /** @type {DeviceList | null} */
    this.list = null;
    /** Why the list can't be read now. */
    this.unread = '';
    /** Why what was asked last isn't done. */
    this.refusal = '';
    this.busy = false;
    /** @type {Question | null} */
    this.question = null;
    /** The device whose firmware is in sight. */
    this.board = '';
    /** @type {Joined | null} the sheet in sight; nothing keeps it once it is closed */
    this.joined = null;
    /** The device whose orders are in sight. */
    this.told = '';
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
      this.list = await get(`${this.path}/devices`);
      this.unread = '';
    } catch (error) {
      if (!signInFor(error)) this.unread = detailOf(error);
    }
  }

  /** @param {'POST' | 'DELETE'} method @param {string} path @param {unknown} [body] @returns {Promise<boolean>} */
  async #do(method, path, body) {
    if (this.busy) return false;
    this.busy = true;
    this.refusal = '';
    try {
      this.joined = await send(method, `${this.path}/devices${path}`, body);
      return true;
    } catch (error) {
      if (!signInFor(error)) this.refusal = detailOf(error);
      return false;
    } finally {
      this.busy = false;
      await this.#read();
    }
  }

  /** @param {Place & {id: string, kind: string}} device @param {() => void} [done] */
  #add(device, done) {
    const act = async () => {
      const is_added = await this.#do('POST', '', device);
      if (is_added) done?.();
      return is_added;
    };
    if (this.list?.closed === false) this.question = { wish: 'first', device: device.id, act };
    else act();
  }

  /** @param {SubmitEvent} event */
  #submitted(event) {
    event.preventDefault();
    const form = event.target;
    if (!(form instanceof HTMLFormElement)) return;
    const fields = new FormData(form);
    const [where, id = ''] = String(fields.get('place') ?? '').split(':');
    this.#add(
      {
        id: String(fields.get('id') ?? '').trim(),
        kind: String(fields.get('kind') ?? ''),
        window: where === 'window' ? id : null,
        zone: where === 'zone' ? id : null,
      },
      () => form.reset(),
    );
  }

  /** @param {Place} place */
  #placeText({ window, zone }) {
    if (window !== null) return this.plan?.windows.find(({ id }) => id === window)?.label ?? window;
    if (zone !== null) return this.plan?.zones?.find(({ id }) => id === zone)?.name ?? zone;
    return t('manager.device_anywhere');
  }

  /** @override */
  render() {
    const { list, question, joined } = this;
    const trouble = this.refusal || this.unread;
    return html`${trouble === '' ? nothing : html`<p class="alert" role="alert">${trouble}</p>`}
      ${list === null ? nothing : html`${this.#listPanel(list)} ${this.#addPanel()}`}
      ${question === null
        ? nothing
        : html`<device-question
            .wish=${question.wish}
            .device=${question.device}
            @answered=${(/** @type {CustomEvent<boolean>} */ { detail }) => {
              this.question = null;
              if (detail) question.act();
            }}
          ></device-question>`}
      ${this.board === ''
        ? nothing
        : html`<firmware-dialog
            .path=${this.path}
            .device=${this.board}
            @answered=${() => {
              this.board = '';
            }}
          ></firmware-dialog>`}
      ${joined === null
        ? nothing
        : html`<join-sheet
            .joined=${joined}
            .kind=${kindText(joined.kind)}
            .place=${this.#placeText(list?.devices.find(({ device }) => device === joined.device) ?? joined)}
            @answered=${() => {
              this.joined = null;
            }}
          ></join-sheet>`}
      ${this.told === ''
        ? nothing
        : html`<device-orders
            .path=${this.path}
            .device=${this.told}
            .zone=${this.plan?.hall.timezone ?? ''}
            .now_ms=${this.now_ms}
            @answered=${() => {
              this.told = '';
            }}
          ></device-orders>`}`;
  }

  /** @param {DeviceList} list */
  #listPanel({ closed, devices }) {
    return html`<section class="panel" aria-labelledby="devices-title">
      <header class="panel-head">
        <h2 id="devices-title">${t('manager.devices_title')}</h2>
        <p>${t(closed ? 'manager.devices_closed' : 'manager.devices_open')}</p>
      </header>
      ${devices.length === 0
        ? html`<p class="nobody">${t('manager.devices_none')}</p>`
        : html`<table class="device-rows">
            <thead>
              <tr>
                <th scope="col">${t('manager.device_id')}</th>
                <th scope="col">${t('manager.device_kind')}</th>
                <th scope="col">${t('manager.device_place')}</th>
                <th scope="col">${t('manager.device_there')}</th>
                <th scope="col">${t('manager.device_account')}</th>
                <td></td>
              </tr>
            </thead>
            <tbody>
              ${repeat(
                devices,
                ({ device }) => device,
                (device) => this.#row(device, closed),
              )}
            </tbody>
          </table>`}
    </section>`;
  }

  /** @param {Device} device @param {boolean} closed */
  #row(device, closed) {
    const { online, since } = device;
    return html`<tr data-device=${device.device} class=${device.revoked_at !== null && !device.planned ? 'gone' : ''}>
      <th scope="row">${device.device}</th>
      <td>${kindText(device.kind)}</td>
      <td>${this.#placeText(device)}</td>
      <td class="link">
        <em class=${online ? 'on' : 'off'}>${t(online ? 'manager.device_online' : 'manager.device_offline')}</em>
        ${since === null ? nothing : html`<small>${t('manager.device_since', { time: this.#moment(since) })}</small>`}
      </td>
      <td class="account">${this.#account(device, closed)}</td>
      <td class="acts">
        ${device.planned || device.registered ? this.#button('tell', device.device, () => (this.told = device.device)) : nothing}
        ${device.registered ? this.#acts(device) : this.#register(device)}
      </td>
    </tr>`;
  }

  /** @param {Device} device @param {boolean} closed */
  #account({ registered, added_at, revoked_at }, closed) {
    if (registered)
      return html`${t('manager.device_registered')} ${added_at === null ? nothing : html`<small>${this.#moment(added_at)}</small>`}`;
    if (revoked_at !== null)
      return html`${t('manager.device_revoked')} <small>${this.#moment(revoked_at)}</small>`;
    return closed ? html`<strong>${t('manager.device_shut_out')}</strong>` : t('manager.device_unregistered');
  }

  /** @param {Device} device */
  #acts({ device, firmware }) {
    const path = `/${encodeURIComponent(device)}`;
    const renew = () => this.#do('POST', `${path}/sheet`);
    const revoke = () => this.#do('DELETE', path);
    const open = () => (this.board = device);
    return html`${firmware.length === 0 ? nothing : this.#button('firmware', device, open)}
    ${this.#button('renew', device, () => (this.question = { wish: 'renew', device, act: renew }))}
    ${this.#button('revoke', device, () => (this.question = { wish: 'revoke', device, act: revoke }))}`;
  }

  /** @param {Device} device */
  #register({ device, kind, planned, window, zone }) {
    const place = planned ? { window: null, zone: null } : { window, zone };
    return this.#button('first', device, () => this.#add({ id: device, kind, ...place }));
  }

  /** @param {Question['wish'] | 'tell' | 'firmware'} wish @param {string} device @param {() => void} press */
  #button(wish, device, press) {
    const text = t(`manager.device_do_${wish}`);
    return html`<button
      type="button"
      class="press"
      data-wish=${wish}
      aria-label="${text} ${device}"
      ?disabled=${this.busy}
      @click=${press}
    >
      ${text}
    </button>`;
  }

  #addPanel() {
    const zones = this.plan?.zones ?? [];
    return html`<section class="panel" aria-labelledby="new-device-title">
      <header class="panel-head">
        <h2 id="new-device-title">${t('manager.device_new')}</h2>
        <p>${t('manager.device_new_lead')}</p>
      </header>
      <form class="new-device" @submit=${(/** @type {SubmitEvent} */ event) => this.#submitted(event)}>
        <label>
          ${t('manager.device_id')}
          <input
            name="id"
            required
            maxlength="64"
            pattern="[A-Za-z0-9_\\-]+"
            autocomplete="off"
            spellcheck="false"
            aria-describedby="device-id-hint"
          />
        </label>
        <label>
          ${t('manager.device_kind')}
          <select name="kind">
            ${KINDS.map((kind) => html`<option value=${kind}>${kindText(kind)}</option>`)}
          </select>
        </label>
        <label>
          ${t('manager.device_place')}
          <select name="place">
            <option value="">${t('manager.device_anywhere')}</option>
            <optgroup label=${t('manager.windows')}>
              ${this.plan?.windows.map(({ id, label }) => html`<option value="window:${id}">${label}</option>`)}
            </optgroup>
            ${zones.length === 0
              ? nothing
              : html`<optgroup label=${t('manager.device_zones')}>
                  ${zones.map(({ id, name }) => html`<option value="zone:${id}">${name}</option>`)}
                </optgroup>`}
          </select>
        </label>
        <button class="button" ?disabled=${this.busy}>${t('manager.device_add')}</button>
      </form>
      <p id="device-id-hint" class="hint">${t('manager.device_id_hint')}</p>
    </section>`;
  }

  /** @param {string} at */
  #moment(at) {
    return momentText(at, this.plan?.hall.timezone ?? '', this.now_ms);
  }
}

/** @param {string} kind @returns {string} as it came where this page doesn't know it */
function kindText(kind) {
  const key = `manager.device_kind_${kind}`;
  return hasText(key) ? t(key) : kind;
}

customElements.define('device-list', HallDevices);
