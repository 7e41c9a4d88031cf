/** The services of a hall as large buttons, grouped by field. */

import { html, nothing } from 'lit';
import { t } from 'base/i18n.js';

/**
 * @typedef {import('base/types.js').Board} Board
 * @typedef {import('base/types.js').Field} Field
 * @typedef {import('base/types.js').Package} Package
 * @typedef {import('base/types.js').PlanForm} PlanForm
 * @typedef {import('base/types.js').Service} Service
 *
 * @typedef {{code: string, name: string}} Matter What a ticket is taken for: a service or a package.
 */

/** @type {readonly Field[]} */
const FIELDS = ['social', 'livelihood', 'rural'];

/**
 * What to bring stands on the button, so that nobody takes a ticket for nothing and a tap still is enough.
 *
 * @param {Service} service
 */
function toBring({ materials = [] }) {
  if (materials.length === 0) return nothing;
  const names = materials.map((material) => material.name).join(t('kiosk.list_mark'));
  return html`<span class="service-bring">${t('kiosk.bring', { materials: names })}</span>`;
}

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
      ${toBring(service)}
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

/**
 * Packages (一件事): one ticket for all that a matter takes.
 *
 * @param {PlanForm} plan
 * @param {'normal' | 'green'} lane
 * @param {boolean} busy A ticket is being taken.
 * @param {(matter: Matter) => void} onTap
 */
export function packageGroup({ packages = [], services }, lane, busy, onTap) {
  if (packages.length === 0) return nothing;
  const names = new Map(services.map((service) => [service.code, service.short_name || service.name]));
  return html`<section class="group group-packages lane-${lane}">
    <h2>${t('kiosk.packages')}</h2>
    <ul class="services">
      ${packages.map(
        (matter) => html`<li>
          <button type="button" class="service" ?disabled=${busy} @click=${() => onTap(matter)}>
            <strong>${matter.name}</strong>
            <span class="service-foot">
              <span>${matter.services.map((code) => names.get(code) ?? code).join(t('kiosk.list_mark'))}</span>
            </span>
          </button>
        </li>`,
      )}
    </ul>
  </section>`;
}
