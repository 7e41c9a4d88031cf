/** What a board of a device is flashed with: its whole configuration in one file, to be saved beside its secrets. */

import { html, nothing } from 'lit';
import { detailOf, get } from 'base/api.js';
import { hasText, t } from 'base/i18n.js';
import { signInFor } from 'base/session.js';
import { DeviceDialog, saveFile } from './devices_dialogs.js';

/** @typedef {{model: string, file: string}} Firmware */

/** `<firmware-dialog>`: set `path`, of the hall, and `device`; tells `answered` once it is closed. */
class FirmwareDialog extends DeviceDialog {
  static properties = {
    path: { attribute: false },
    device: { attribute: false },
    models: { state: true },
    chosen: { state: true },
    trouble: { state: true },
  };

  constructor() {
    super();
    this.path = '';
    this.device = '';
    /** @type {readonly Firmware[]} */
    this.models = [];
    this.chosen = '';
    this.trouble = '';
  }

  /** @override */
  firstUpdated() {
    super.firstUpdated();
    this.#read();
  }

  async #read() {
    try {
      const { models } = await get(`${this.path}/devices/${encodeURIComponent(this.device)}/firmware`);
      this.models = models;
      this.chosen = models[0]?.model ?? '';
    } catch (error) {
      if (!signInFor(error)) this.trouble = detailOf(error);
    }
  }

  /** @override */
  render() {
    const { device, models, chosen, trouble } = this;
    const firmware = models.find(({ model }) => model === chosen);
    const name = `${device}.yaml`;
    return html`<dialog class="join-sheet firmware" aria-labelledby="firmware-title" @close=${this.closed}>
      <form method="dialog">
        <h2 id="firmware-title">${t('manager.firmware_title', { device })}</h2>
        <p>${t('manager.firmware_text')}</p>
        ${trouble === '' ? nothing : html`<p class="alert" role="alert">${trouble}</p>`}
        ${models.length < 2
          ? nothing
          : html`<fieldset class="models">
              <legend>${t('manager.firmware_model')}</legend>
              ${models.map(
                ({ model }) => html`<label>
                  <input
                    type="radio"
                    name="model"
                    .checked=${model === chosen}
                    @change=${() => {
                      this.chosen = model;
                    }}
                  />
                  ${modelText(model)}
                </label>`,
              )}
            </fieldset>`}
        ${firmware === undefined
          ? nothing
          : html`<h3>${t('manager.firmware_file', { file: name })}</h3>
              <pre tabindex="0">${firmware.file}</pre>
              <p>${t('manager.firmware_run')} <code>esphome run ${name}</code></p>`}
        <div class="dialog-foot">
          ${firmware === undefined
            ? nothing
            : html`<button type="button" class="button" @click=${() => saveFile(name, firmware.file, 'application/yaml')}>
                ${t('manager.sheet_save')}
              </button>`}
          <button class="button quiet">${t('manager.firmware_close')}</button>
        </div>
      </form>
    </dialog>`;
  }
}

/** @param {string} model @returns {string} as it came where this page doesn't know it */
function modelText(model) {
  const key = `manager.firmware_${model.replace('/', '_')}`;
  return hasText(key) ? t(key) : model;
}

customElements.define('firmware-dialog', FirmwareDialog);
