/** What the machine asks the controller for. A write asked again carries the same key, so it happens once. */

import { get, send } from 'base/api.js';

/**
 * @typedef {import('base/types.js').Issued} Issued
 * @typedef {import('./booking.js').Booked} Booked
 * @typedef {import('./booking.js').Place} Place
 * @typedef {import('./issued.js').Paper} Paper
 * @typedef {import('./offers.js').Offers} Offers
 *
 * @typedef {object} Wish What a person asked for; its key makes a second try the same wish.
 * @property {string} code Of a service or a package.
 * @property {string} name
 * @property {'normal' | 'green' | 'assisted'} lane
 * @property {string} key
 */

/** The controller, for one hall and the device that prints, if any. */
export class Desk {
  /** @param {string} hall @param {string | null} device */
  constructor(hall, device) {
    this.path = `/halls/${encodeURIComponent(hall)}`;
    this.device = device;
  }

  /** Where the offers are read, and what is known of this machine's paper. */
  get offersPath() {
    return `${this.path}/services${this.device === null ? '' : `?device=${encodeURIComponent(this.device)}`}`;
  }

  /** @returns {Promise<Offers>} */
  offers() {
    return get(this.offersPath);
  }

  /** @param {Wish} wish @returns {Promise<Issued>} */
  take({ code, lane, key }) {
    const body = { services: [code], lane, channel: 'kiosk' };
    return send('POST', `${this.path}/tickets`, this.#printed(body), key);
  }

  /** @param {string} code @returns {Promise<Issued & {services: string[]}>} the same ticket however often it is asked */
  checkIn(code) {
    return send('POST', `${this.path}/appointments/${code}/check-in`, this.#printed({}));
  }

  /** @param {string} code @returns {Promise<Place[]>} */
  places(code) {
    return get(`${this.path}/appointment-places?service=${encodeURIComponent(code)}`);
  }

  /** @param {string} code @param {Place} place @param {string} key @returns {Promise<Booked>} */
  book(code, { day, half }, key) {
    return send('POST', `${this.path}/appointments`, { services: [code], day, half }, key);
  }

  /** @param {Issued} issued @param {string} key */
  giveBack({ ticket, token }, key) {
    const path = `${this.path}/tickets/${encodeURIComponent(ticket)}?token=${encodeURIComponent(token)}`;
    return send('DELETE', path, undefined, key);
  }

  /** @param {Issued} issued @returns {Promise<Paper>} what became of its receipt */
  async paper({ ticket }) {
    const { receipt } = await get(`${this.path}/tickets/${encodeURIComponent(ticket)}`);
    return receipt === 'requested' ? 'coming' : receipt;
  }

  /** @param {object} body */
  #printed(body) {
    return this.device === null ? body : { ...body, device: this.device };
  }
}
