/** The services of a hall as large buttons, grouped by field. */

import { html, nothing } from 'lit';
import { t } from 'base/i18n.js';

/**
 * @typedef {import('base/types.js').Board} Board
 * @typedef {import('base/types.js').Field} Field
 * @typedef {import('base/types.js').Service} Service
 */

/** @type {readonly Field[]} */
const FIELDS = ['social', 'livelihood', 'rural'];

/**
 * @param {Service} service
 * @param {Board | null} board `null` while nothing true is known: then no count is shown, rather than an old one.
 * @param {boolean} busy
 * @param {(service: Service) => void} onTap
 */
function serviceButton(service, board, busy, onTap) {
  return html`<li>
    <button type="button" class="service" ?disabled=${busy} @click=${() => onTap(service)}>
      <strong>${service.name}</strong>
      <span class="service-foot">
        <span>${service.department}</span>
        ${board === null
          ? nothing
          : html`<span class="service-waiting">
              ${t('kiosk.waiting', { count: board.waiting_by_service[service.code] ?? 0 })}
            </span>`}
      </span>
    </button>
  </li>`;
}

/**
 * @param {Service[]} services
 * @param {Board | null} board
 * @param {'normal' | 'green'} lane
 * @param {boolean} busy A ticket is being taken.
 * @param {(service: Service) => void} onTap
 */
export function serviceGroups(services, board, lane, busy, onTap) {
  return FIELDS.map((field) => {
    const ofField = services.filter((service) => service.field === field);
    if (ofField.length === 0) return nothing;
    return html`<section class="group group-${field} lane-${lane}">
      <h2>${t(`field.${field}`)}</h2>
      <ul class="services">
        ${ofField.map((service) => serviceButton(service, board, busy, onTap))}
      </ul>
    </section>`;
  });
}
