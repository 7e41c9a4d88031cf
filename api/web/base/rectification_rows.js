/** Rectifications as a list to choose one from: what the citizen said, how far it is, and until when. */

import { html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { t } from 'base/i18n.js';
import { face } from 'base/icons.js';
import { tagText } from 'base/rectification_card.js';

/** @typedef {import('base/rectification_card.js').Rectification} Rectification */

/**
 * @param {readonly Rectification[]} found
 * @param {string} chosen The id of the one in sight.
 * @param {(rectification: string) => void} choose
 */
export function rectificationRows(found, chosen, choose) {
  return html`<ul class="rectify-rows">
    ${repeat(
      found,
      (one) => one.rectification,
      (one) => html`<li>
        <button
          type="button"
          aria-pressed=${one.rectification === chosen}
          class=${one.overdue ? 'late' : ''}
          @click=${() => choose(one.rectification)}
        >
          ${face(one.level)}
          <span class="what">
            <strong>${[one.number || t('base.rectify_paper'), one.window_label].filter(Boolean).join(' · ')}</strong>
            <span>${one.text === '' ? one.tags.map(tagText).join(t('base.list_comma')) : one.text}</span>
          </span>
          <span class="where">
            <em>${t(`base.rectify_state_${one.state}`)}</em>
            ${one.due === null
              ? nothing
              : html`<small>${t(one.overdue ? 'base.rectify_late' : 'base.rectify_due', { day: one.due })}</small>`}
          </span>
        </button>
      </li>`,
    )}
  </ul>`;
}
