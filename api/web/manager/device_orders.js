/** What a device is told to do by hand, and what it said of it: a dialog that follows it while it is open. */

import { html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { detailOf, get, send } from 'base/api.js';
import { momentText } from 'base/format.js';
import { hasText, t } from 'base/i18n.js';
import { signInFor } from 'base/session.js';
import { DeviceDialog } from './devices_dialogs.js';

/**
 * @typedef {'identify' | 'reboot' | 'test_print' | 'test_voice' | 'set_brightness' | 'new_roll'} OrderType
 *
 * @typedef {object} Order
 * @property {string} command
 * @property {OrderType} type
 * @property {number | null} amount Seconds, or percent of brightness.
 * @property {string} by
 * @property {string} at
 * @property {'sent' | 'expired' | 'ok' | 'refused' | 'unsupported'} state
 * @property {string} reason
 *
 * @typedef {{fit: OrderType[], online: boolean, commands: Order[]}} OrderList
 */

/** A device's word comes within a second or two: somebody stands there and looks. */
const LOOK_MS = 1000;
/** What stands in sight; the rest is told over HTTP. */
const SHOWN_MAX = 8;
const BRIGHTNESS_STEP = 5;
const BRIGHTNESS_FIRST = 50;

/** `<device-orders>`: set `path` of the hall, `device`, `zone` of its time and `now_ms`. */
class DeviceOrders extends DeviceDialog {
  static properties = {
    path: { attribute: false },
    device: { attribute: false },
    zone: { attribute: false },
    now_ms: { attribute: false },
    list: { state: true },
    refusal: { state: true },
    busy: { state: true },
    percent: { state: true },
  };

  constructor() {
    super();
    this.path = '';
    this.device = '';
    this.zone = '';
    this.now_ms = 0;
    /** @type {OrderList | null} */
    this.list = null;
    this.refusal = '';
    this.busy = false;
    this.percent = BRIGHTNESS_FIRST;
  }

  /** @override */
  connectedCallback() {
    super.connectedCallback();
    this.timer = setInterval(() => this.#read(), LOOK_MS);
    this.#read();
  }

  /** @override */
  disconnectedCallback() {
    super.disconnectedCallback();
    clearInterval(this.timer);
  }

  get #address() {
    return `${this.path}/devices/${encodeURIComponent(this.device)}/commands`;
  }

  async #read() {
    try {
      this.list = await get(this.#address);
    } catch (error) {
      if (!signInFor(error)) this.refusal = detailOf(error);
    }
  }

  /** @param {OrderType} type */
  async #give(type) {
    if (this.busy) return;
    this.busy = true;
    this.refusal = '';
    try {
      await send('POST', this.#address, { type, amount: type === 'set_brightness' ? this.percent : null });
      await this.#read();
    } catch (error) {
      if (!signInFor(error)) this.refusal = detailOf(error);
    } finally {
      this.busy = false;
    }
  }

  /** @override */
  render() {
    const { list } = this;
    return html`<dialog class="device-orders" aria-labelledby="orders-title" @close=${this.closed}>
      <form method="dialog">
        <h2 id="orders-title">${t('manager.orders_title', { device: this.device })}</h2>
        ${this.refusal === '' ? nothing : html`<p class="alert" role="alert">${this.refusal}</p>`}
        ${list === null ? nothing : html`${this.#keys(list)} ${this.#history(list)}`}
        <div class="dialog-foot">
          <button class="button quiet" value="" autofocus>${t('manager.orders_close')} <kbd>Esc</kbd></button>
        </div>
      </form>
    </dialog>`;
  }

  /** @param {OrderList} list */
  #keys({ fit, online }) {
    if (fit.length === 0) return html`<p>${t('manager.orders_none_fit')}</p>`;
    const plain = fit.filter((type) => type !== 'set_brightness');
    return html`${online ? nothing : html`<p class="order-away">${t('manager.orders_away')}</p>`}
      <div class="order-keys">
        ${plain.map((type) => this.#key(type))}
        ${fit.includes('set_brightness')
          ? html`<label class="order-brightness">
                ${t('manager.orders_brightness')}
                <input
                  type="range"
                  min="0"
                  max="100"
                  step=${BRIGHTNESS_STEP}
                  .value=${String(this.percent)}
                  @input=${(/** @type {Event} */ { target }) => {
                    if (target instanceof HTMLInputElement) this.percent = target.valueAsNumber;
                  }}
                />
                <output>${this.percent} %</output>
              </label>
              ${this.#key('set_brightness')}`
          : nothing}
      </div>`;
  }

  /** @param {OrderType} type */
  #key(type) {
    return html`<button type="button" class="press" ?disabled=${this.busy} @click=${() => this.#give(type)}>
      ${t(`manager.order_${type}`)}
    </button>`;
  }

  /** @param {OrderList} list */
  #history({ commands }) {
    if (commands.length === 0) return html`<p class="nobody">${t('manager.orders_none')}</p>`;
    return html`<table class="order-rows">
      <thead>
        <tr>
          <th scope="col">${t('manager.orders_at')}</th>
          <th scope="col">${t('manager.orders_what')}</th>
          <th scope="col">${t('manager.orders_by')}</th>
          <th scope="col">${t('manager.orders_state')}</th>
        </tr>
      </thead>
      <tbody aria-live="polite">
        ${repeat(
          commands.slice(0, SHOWN_MAX),
          ({ command }) => command,
          (order) => this.#row(order),
        )}
      </tbody>
    </table>`;
  }

  /** @param {Order} order */
  #row({ type, amount, by, at, state, reason }) {
    const key = `manager.order_reason_${reason}`;
    const why = hasText(key) ? t(key) : reason;
    return html`<tr class="order-${state}">
      <td>${momentText(at, this.zone, this.now_ms)}</td>
      <th scope="row">
        ${t(`manager.order_${type}`)} ${type === 'set_brightness' ? html`<small>${amount} %</small>` : nothing}
      </th>
      <td>${by.replace(/^[a-z]+:/, '')}</td>
      <td class="order-state"><em>${t(`manager.order_state_${state}`)}</em> ${why === '' ? nothing : html`<small>${why}</small>`}</td>
    </tr>`;
  }
}

customElements.define('device-orders', DeviceOrders);
