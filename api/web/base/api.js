/**
 * The controller's HTTP interface as pages use it: JSON in, JSON out, problems as errors with a text for people.
 *
 * A write carries an `Idempotency-Key`. It is repeated under the same key when the network fails or the controller
 * cannot write just now (503), so a citizen never gets two tickets for one tap.
 */

import { language, t } from 'base/i18n.js';

const PREFIX = '/api/v1';
const TIMEOUT_MS = 8000;
/** Pauses before each repetition; their number bounds the repetitions. */
const RETRY_MS = [400, 1200, 3000];
/** Mean pause between the rounds of a patient read: an unattended screen asks until the controller is back. */
const PATIENCE_MS = 4000;
const KEY_BYTES = 16;

/** The controller answered, and said no. */
export class Problem extends Error {
  /**
   * @param {number} status HTTP status.
   * @param {string} code Stable, e.g. `window_not_open`.
   * @param {string} detail For people, in the page's language.
   * @param {Record<string, unknown>} body The whole problem document.
   */
  constructor(status, code, detail, body) {
    super(detail);
    this.name = 'Problem';
    this.status = status;
    this.code = code;
    this.detail = detail;
    this.body = body;
  }
}

/** No answer: the network or the controller is away. */
export class Unreachable extends Error {
  /** @param {unknown} cause */
  constructor(cause) {
    super(t('base.unreachable'), { cause });
    this.name = 'Unreachable';
    this.detail = this.message;
  }
}

/** @returns {string} a new key for a write; `crypto.randomUUID` is missing on plain http, this is not */
export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(KEY_BYTES));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** @param {number} status @param {any} body @returns {Problem} */
function problemOf(status, body) {
  const document = typeof body === 'object' && body !== null ? body : {};
  const { code, detail } = document;
  return new Problem(
    status,
    typeof code === 'string' ? code : `http_${status}`,
    typeof detail === 'string' && detail !== '' ? detail : t('base.problem', { status }),
    document,
  );
}

/** @param {number} ms @returns {Promise<void>} */
function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** @param {Response} response @returns {Promise<any>} `null` where there is no JSON, e.g. from a proxy or with 204 */
async function bodyOf(response) {
  const text = await response.text();
  return (response.headers.get('content-type') ?? '').includes('json') ? JSON.parse(text) : null;
}

/**
 * Ask once. An answer that breaks off half-way is no answer.
 *
 * @param {string} path
 * @param {RequestInit} init
 * @returns {Promise<{ok: boolean, status: number, body: any}>}
 */
async function once(path, init) {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), TIMEOUT_MS);
  try {
    const response = await fetch(PREFIX + path, { ...init, signal: abort.signal, cache: 'no-store' });
    return { ok: response.ok, status: response.status, body: await bodyOf(response) };
  } catch (error) {
    throw new Unreachable(error);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * @param {string} path
 * @param {RequestInit} init
 * @returns {Promise<any>} the JSON answer; `null` for 204
 */
async function request(path, init) {
  for (let tries = 0; ; tries += 1) {
    const wait_ms = RETRY_MS[tries];
    try {
      const { ok, status, body } = await once(path, init);
      if (ok) return body;
      if (status !== 503 || wait_ms === undefined) throw problemOf(status, body);
    } catch (error) {
      if (!(error instanceof Unreachable) || wait_ms === undefined) throw error;
    }
    await pause(wait_ms);
  }
}

/**
 * Read. Paths start behind `/api/v1`.
 *
 * @param {string} path
 * @returns {Promise<any>}
 */
export function get(path) {
  return request(path, { headers: { Accept: 'application/json', 'Accept-Language': language() } });
}

/**
 * Read, and go on asking while the controller is away; for what a page cannot stand without.
 *
 * @param {string} path
 * @param {(error: Unreachable | Problem) => void} onTrouble Told after each vain round.
 * @returns {Promise<any>} rejects with a `Problem` that asking again cannot mend (4xx)
 */
export async function getPatiently(path, onTrouble) {
  for (;;) {
    try {
      return await get(path);
    } catch (error) {
      if (!isAway(error)) throw error;
      onTrouble(error);
      await pause(PATIENCE_MS * (0.5 + Math.random()));
    }
  }
}

/**
 * Write. A person's second try of the same thing passes the same `key`, so that it happens once.
 *
 * @param {'POST' | 'PUT' | 'DELETE'} method
 * @param {string} path
 * @param {unknown} [body]
 * @param {string} [key]
 * @returns {Promise<any>}
 */
export function send(method, path, body, key = newKey()) {
  return request(path, {
    method,
    credentials: 'same-origin',
    headers: {
      Accept: 'application/json',
      'Accept-Language': language(),
      'Idempotency-Key': key,
      ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

/**
 * Whether asking again may help: nobody answered, or the controller has trouble of its own.
 *
 * @param {unknown} error
 * @returns {error is Unreachable | Problem}
 */
export function isAway(error) {
  return error instanceof Unreachable || (error instanceof Problem && error.status >= 500);
}

/**
 * What to tell a person about an error.
 *
 * @param {unknown} error
 * @returns {string}
 */
export function detailOf(error) {
  if (error instanceof Problem || error instanceof Unreachable) return error.detail;
  console.error(error);
  return t('base.failed');
}
