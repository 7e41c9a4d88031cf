/**
 * Who is signed in, and the ways to the sign-in page and back. The session itself is a cookie that no script sees.
 */

import { html } from 'lit';
import { Problem, send } from 'base/api.js';
import { t } from 'base/i18n.js';
import { icon } from 'base/icons.js';
import LogOut from 'lucide/log-out.mjs';

/**
 * @typedef {object} Session
 * @property {string} name
 * @property {'account' | 'token'} kind
 * @property {string} role
 * @property {string | null} hall
 * @property {boolean} must_change_password
 */

const SIGN_IN = '/signin';
/** Problems that signing in mends: nobody knows who asks, or a one-time password waits to be changed. */
const MENDED_BY_SIGN_IN = new Set(['sign_in_needed', 'password_change_needed']);

/** @returns {string} this page, down to the part of it that is shown, as the sign-in page is told of it */
function here() {
  return encodeURIComponent(location.pathname + location.search + location.hash);
}

/**
 * Go to the sign-in page where an error says that nobody is signed in; it comes back to this page by itself.
 *
 * @param {unknown} error
 * @returns {boolean} whether the browser is on its way
 */
export function signInFor(error) {
  if (!(error instanceof Problem && MENDED_BY_SIGN_IN.has(error.code))) return false;
  location.assign(`${SIGN_IN}?next=${here()}`);
  return true;
}

/**
 * Where to go after signing in: a page of this program, whatever the address says.
 *
 * @param {string | null} next
 * @returns {string}
 */
export function nextPage(next) {
  if (next === null) return '/';
  try {
    const wanted = new URL(next, location.origin);
    if (wanted.origin === location.origin && wanted.pathname !== SIGN_IN) {
      return wanted.pathname + wanted.search + wanted.hash;
    }
  } catch {
    return '/';
  }
  return '/';
}

/**
 * The part of a page's head that says who is signed in and lets one out.
 *
 * @param {Session} session
 * @param {(error: unknown) => void} onTrouble Told when signing out fails.
 */
export function signedIn(session, onTrouble) {
  const leave = async () => {
    try {
      await send('DELETE', '/session');
      location.assign(`${SIGN_IN}?next=${here()}`);
    } catch (error) {
      onTrouble(error);
    }
  };
  return html`<p class="signed-in">
    <a href=${`${SIGN_IN}?change&next=${here()}`}>${session.name}</a>
    <button type="button" class="language sign-out" @click=${leave}>${icon(LogOut)} ${t('base.sign_out')}</button>
  </p>`;
}
