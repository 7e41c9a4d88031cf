/** What is asked before a device loses its connection, and the sheet that tells once what a device needs to join. */

import { html, nothing } from 'lit';
import { PartElement } from 'base/element.js';
import { t } from 'base/i18n.js';

/**
 * @typedef {object} Joined What a device needs to join, told once.
 * @property {string} device
 * @property {string} username
 * @property {string} password
 * @property {string} broker
 * @property {string} kind
 * @property {string} hall
 * @property {string | null} window
 * @property {string | null} zone
 * @property {string} file The join file, TOML.
 * @property {string} code QR code of the join file, an SVG element.
 * @property {string} secrets Of its firmware, YAML; '' where there is no firmware.
 */

/** As a device's own program looks for it. */
const FILE_NAME = 'device.toml';

/** Beside a board's configuration, where ESPHome looks for it. */
const SECRETS_NAME = 'secrets.yaml';

/**
 * Let the browser save a file.
 *
 * @param {string} name
 * @param {string} content
 * @param {string} type
 */
export function saveFile(name, content, type) {
  const address = URL.createObjectURL(new Blob([content], { type }));
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  URL.revokeObjectURL(address);
}

/** A modal dialog while it is in the page; tells `answered`, with whether it was confirmed, once it is closed. */
export class DeviceDialog extends PartElement {
  /** @override */
  firstUpdated() {
    this.querySelector('dialog')?.showModal();
  }

  /** @param {Event} event */
  closed(event) {
    const confirmed = event.target instanceof HTMLDialogElement && event.target.returnValue === 'yes';
    this.dispatchEvent(new CustomEvent('answered', { detail: confirmed }));
  }
}

/** `<device-question>`: set `wish` and `device`. */
class DeviceQuestion extends DeviceDialog {
  static properties = { wish: { attribute: false }, device: { attribute: false } };

  constructor() {
    super();
    /** @type {'first' | 'renew' | 'revoke'} */
    this.wish = 'revoke';
    this.device = '';
  }

  /** @override */
  render() {
    const { wish, device } = this;
    return html`<dialog aria-labelledby="question-title" aria-describedby="question-text" @close=${this.closed}>
      <form method="dialog">
        <h2 id="question-title">${t(`manager.device_ask_${wish}`, { device })}</h2>
        <p id="question-text">${t(`manager.device_ask_${wish}_text`)}</p>
        <div class="dialog-foot">
          <button class="button quiet" value="" autofocus>${t('clerk.leave')} <kbd>Esc</kbd></button>
          <button class="button ${wish === 'revoke' ? 'danger' : ''}" value="yes">${t(`manager.device_do_${wish}`)}</button>
        </div>
      </form>
    </dialog>`;
  }
}

/** `<join-sheet>`: set `joined`, `kind` and `place` as people read them. */
class JoinSheet extends DeviceDialog {
  static properties = { joined: { attribute: false }, kind: { attribute: false }, place: { attribute: false } };

  constructor() {
    super();
    /** @type {Joined | null} */
    this.joined = null;
    this.kind = '';
    this.place = '';
  }

  /** @override */
  render() {
    const { joined } = this;
    if (joined === null) return nothing;
    const facts = /** @type {const} */ ([
      ['kind', this.kind],
      ['place', this.place],
      ['hall', joined.hall],
      ['broker', joined.broker],
      ['username', joined.username],
      ['password', joined.password],
    ]);
    return html`<dialog class="join-sheet" aria-labelledby="sheet-title" @close=${this.closed}>
      <form method="dialog">
        <h2 id="sheet-title">${t('manager.sheet_title', { device: joined.device })}</h2>
        <p class="secret">${t('manager.sheet_once')}</p>
        <div class="facts">
          <dl>
            ${facts.map(([name, value]) => html`<dt>${t(`manager.sheet_${name}`)}</dt><dd class="sheet-${name}">${value}</dd>`)}
          </dl>
          <div class="code" role="img" aria-label=${t('manager.sheet_code')}>${pictureOf(joined.code)}</div>
        </div>
        <h3>${t('manager.sheet_file', { file: FILE_NAME })}</h3>
        <pre>${joined.file}</pre>
        ${joined.secrets === '' ? nothing : html`<p class="board">${t('manager.sheet_board', { file: SECRETS_NAME })}</p>`}
        <div class="dialog-foot">
          ${joined.secrets === ''
            ? nothing
            : html`<button
                type="button"
                class="button quiet"
                @click=${() => saveFile(SECRETS_NAME, joined.secrets, 'application/yaml')}
              >
                ${t('manager.sheet_secrets')}
              </button>`}
          <button type="button" class="button quiet" @click=${() => saveFile(FILE_NAME, joined.file, 'application/toml')}>${t('manager.sheet_save')}</button>
          <button type="button" class="button quiet" @click=${() => print()}>${t('manager.sheet_print')}</button>
          <button class="button">${t('manager.sheet_done')}</button>
        </div>
      </form>
    </dialog>`;
  }
}

/** @param {string} svg @returns {Node} */
function pictureOf(svg) {
  return document.importNode(new DOMParser().parseFromString(svg, 'image/svg+xml').documentElement, true);
}

customElements.define('device-question', DeviceQuestion);
customElements.define('join-sheet', JoinSheet);
