/** The questions before a manager opens, leaves or closes a window; the same as a clerk is asked. */

import { html } from 'lit';
import { t } from 'base/i18n.js';
import { AwayDialog, CloseDialog, ConsoleDialog } from '../clerk/dialogs.js';

/** @typedef {import('../clerk/panels.js').Sight} ConsoleSight */
/** @typedef {import('./types.js').FloorWindow} FloorWindow */
/** @typedef {import('./types.js').Sight} Sight */

const NAME_MAX = 40;

/**
 * What a dialog looks at, for one window.
 *
 * @param {FloorWindow} window
 * @param {Sight} sight
 * @returns {ConsoleSight}
 */
export function sightOf(window, { floor, plan, now_ms }) {
  const form = { window, current: null, held: [], next: [], eligible: window.eligible };
  const board = {
    type: /** @type {const} */ ('board'),
    hall: plan.hall.id,
    hall_name: plan.hall.name,
    seq: 0,
    open: floor.open,
    waiting: floor.waiting,
    waiting_by_service: {},
    calls: [],
    notices: [],
    at: floor.at,
    windows: floor.windows,
  };
  return { form, plan, board, now_ms };
}

/** @param {ConsoleSight | null} sight @param {import('./types.js').Action} action */
function titleOf(sight, action) {
  return t('manager.act_at', { action: t(`manager.do_${action}`), window: sight?.form.window.label ?? '' });
}

/** Open a window in somebody's name. */
class ManagerOpen extends ConsoleDialog {
  /** @override */
  heading() {
    return titleOf(this.sight, 'open');
  }

  /** @override */
  questions() {
    return html`<label class="line">
      ${t('manager.clerk_name')}
      <input type="text" name="clerk" maxlength=${NAME_MAX} autocomplete="off" autofocus required />
    </label>`;
  }

  /** @override @param {FormData} form */
  choice(form) {
    return { action: /** @type {const} */ ('open'), body: { clerk: String(form.get('clerk') ?? '').trim() } };
  }
}

/** A window whose clerk has to leave. */
class ManagerAway extends AwayDialog {
  /** @override */
  heading() {
    return titleOf(this.sight, 'away');
  }
}

/** A window that serves nobody any more today. */
class ManagerClose extends CloseDialog {
  /** @override */
  heading() {
    return titleOf(this.sight, 'close');
  }
}

customElements.define('manager-open', ManagerOpen);
customElements.define('manager-away', ManagerAway);
customElements.define('manager-close', ManagerClose);
