/**
 * Keeps the phone page's own files, so that a phone on a bad network opens its page at once and shows that it has no
 * connection, not the browser's error. The network goes first as long as it answers: a hall's program may be renewed.
 * What the page shows of a ticket is never kept: an old place would send people astray.
 */

const worker = /** @type {any} */ (self);
const SHELL = 'phone-shell-1';
/** Below these the files lie; every ticket has the same page. */
const FILES = ['/static/', '/vendor/'];
const PAGE = '/t/';
/** The page for old phones: it is drawn by the controller, and never kept. */
const PLAIN = '/plain';
const PATIENCE_MS = 3000;
/** Files that are kept: the page has some forty. */
const KEPT_MAX = 120;

/** @param {Request} request @returns {string | null} by what name an answer is kept */
function nameOf(request) {
  const { origin, pathname } = new URL(request.url);
  if (request.method !== 'GET' || origin !== location.origin) return null;
  if (request.mode === 'navigate' && pathname.startsWith(PAGE) && !pathname.endsWith(PLAIN)) return PAGE;
  return FILES.some((folder) => pathname.startsWith(folder)) ? pathname : null;
}

/** @param {string} name @param {Response} response */
async function keep(name, response) {
  const shell = await caches.open(SHELL);
  await shell.put(name, response);
  const kept = await shell.keys();
  await Promise.all(kept.slice(0, Math.max(0, kept.length - KEPT_MAX)).map((old) => shell.delete(old)));
}

/** @param {any} event @param {string} name @returns {Promise<Response>} */
async function answer(event, name) {
  const asked = fetch(event.request).then((response) => {
    if (response.ok) event.waitUntil(keep(name, response.clone()));
    return response;
  });
  const kept = await caches.match(name);
  if (kept === undefined) return asked;
  /** @type {Promise<Response>} */
  const late = new Promise((resolve) => setTimeout(() => resolve(kept.clone()), PATIENCE_MS));
  return Promise.race([asked, late]).catch(() => kept);
}

worker.addEventListener('install', () => worker.skipWaiting());
worker.addEventListener('activate', (/** @type {any} */ event) => {
  const others = caches.keys().then((names) => Promise.all(names.filter((n) => n !== SHELL).map((n) => caches.delete(n))));
  event.waitUntil(others.then(() => worker.clients.claim()));
});
worker.addEventListener('fetch', (/** @type {any} */ event) => {
  const name = nameOf(event.request);
  if (name !== null) event.respondWith(answer(event, name));
});
