/** The cases of a hall, as the controller tells of them and as a clerk moves them on: each step once. */

import { get, isAway, newKey, send } from 'base/api.js';

/**
 * @typedef {'consulting' | 'received' | 'notified' | 'accepted' | 'completed' | 'output_called' | 'sent' | 'picked_up'
 *   | 'delivered' | 'withdrawn'} CaseState
 * @typedef {'receive' | 'notice' | 'accept' | 'supply' | 'complete' | 'call-output' | 'pick-up' | 'send' | 'deliver'
 *   | 'withdraw'} CaseAction
 * @typedef {'notice' | 'acceptance' | 'commitment' | 'delivery'} CaseSlip
 * @typedef {{name: string, secondary: boolean, note: string}} Material
 * @typedef {{material: string, due: string, supplied_at: string | null}} Pledge
 * @typedef {{at: string, missing: string[], reason: string}} Notice
 *
 * @typedef {object} CaseForm
 * @property {string} case
 * @property {string} service
 * @property {string} service_name
 * @property {CaseState} state
 * @property {number} version
 * @property {string} first_asked
 * @property {Material[]} materials
 * @property {Notice[]} notices
 * @property {Pledge[]} deferred
 * @property {string | null} promised
 * @property {'on_time' | 'warning' | 'overdue' | null} pace
 * @property {CaseAction[]} actions
 * @property {CaseSlip[]} slips The papers that the case can give now.
 * @property {string | null} [printed] The printer from which a step's paper comes.
 * @property {string | null} [number] The number that is called to the output window.
 */

/** The cases of a hall, seen from a window. */
export class Cases {
  /**
   * @param {string} hall Encoded for an address.
   * @param {string} window Encoded too.
   */
  constructor(hall, window) {
    this.hall = `/halls/${hall}`;
    this.window = window;
    /** @type {{wish: string, key: string} | null} a write without an answer: the same again goes under the same key */
    this.unsettled = null;
  }

  /** @param {string} ticket @returns {Promise<CaseForm[]>} */
  ofTicket(ticket) {
    return get(`${this.hall}/cases?ticket=${encodeURIComponent(ticket)}`);
  }

  /** @param {string} number @returns {Promise<CaseForm>} */
  find(number) {
    return get(`${this.hall}/cases/${encodeURIComponent(number)}`);
  }

  /** @param {string} service @param {string} ticket @param {boolean} received @returns {Promise<CaseForm>} */
  open(service, ticket, received) {
    return this.#write(`${this.hall}/windows/${this.window}/cases`, { service, ticket, received });
  }

  /** @param {CaseForm} form @param {CaseAction} action @param {Record<string, unknown>} body @returns {Promise<CaseForm>} */
  step(form, action, body) {
    const more = { version: form.version, window: decodeURIComponent(this.window) };
    return this.#write(`${this.hall}/cases/${encodeURIComponent(form.case)}/${action}`, { ...more, ...body });
  }

  /** @param {CaseForm} form @param {CaseSlip} slip @returns {Promise<void>} the paper comes once more from the window's printer */
  print(form, slip) {
    const path = `${this.hall}/cases/${encodeURIComponent(form.case)}/slips/${slip}`;
    return send('POST', path, { window: decodeURIComponent(this.window) });
  }

  /** @param {string} path @param {Record<string, unknown>} body @returns {Promise<CaseForm>} */
  async #write(path, body) {
    const wish = JSON.stringify([path, body]);
    const key = this.unsettled?.wish === wish ? this.unsettled.key : newKey();
    this.unsettled = null;
    try {
      return await send('POST', path, body, key);
    } catch (error) {
      if (isAway(error)) this.unsettled = { wish, key };
      throw error;
    }
  }
}
