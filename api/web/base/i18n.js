/**
 * Texts of the pages: one catalogue a language, Chinese first. No text stands in a page's own code. The controller puts
 * the languages that it has a catalogue of into each page, so another language is one more file.
 *
 * The language is that of `?lang=`, else the one chosen last on this device, else Chinese.
 *
 * @typedef {keyof typeof import("../messages/zh-CN.json")} MessageKey
 * @typedef {string} Language A tag of BCP 47 that there is a catalogue of.
 */

/** @type {readonly Language[]} */
export const LANGUAGES = (document.documentElement.dataset['languages'] ?? 'zh-CN en').split(' ');

const STORAGE_KEY = 'yichuang.language';

/** @type {Map<Language, Record<string, string>>} what was read already: a switch back needs no network */
const catalogues = new Map();
/** @type {Record<string, string>} */
let catalogue = {};
/** @type {Language} */
let current = 'zh-CN';
/** @type {Set<() => void>} */
const listeners = new Set();

/** @param {string | null} value @returns {value is Language} whether there is a catalogue */
function isLanguage(value) {
  return value !== null && /** @type {readonly string[]} */ (LANGUAGES).includes(value);
}

/** @returns {string | null} the choice remembered; none where storage is forbidden (private windows) */
function remembered() {
  try {
    return localStorage.getItem(STORAGE_KEY);
  } catch {
    return null;
  }
}

/** @param {Language} language */
function remember(language) {
  try {
    localStorage.setItem(STORAGE_KEY, language);
  } catch (error) {
    console.info('The language cannot be remembered on this device.', error);
  }
}

/** @returns {Language} the language asked for by the address, then by the device, then Chinese */
function wanted() {
  const asked = new URLSearchParams(location.search).get('lang');
  const kept = remembered();
  return isLanguage(asked) ? asked : isLanguage(kept) ? kept : 'zh-CN';
}

/**
 * @param {Language} language
 * @returns {Promise<Record<string, string>>}
 */
async function readCatalogue(language) {
  const response = await fetch(`/static/messages/${language}.json`);
  if (!response.ok) throw new Error(`catalogue ${language}: HTTP ${response.status}`);
  return response.json();
}

/**
 * Load the texts of a language and make it the page's language; rejects when they cannot be read.
 *
 * @param {Language} [language]
 */
export async function useLanguage(language = wanted()) {
  const texts = catalogues.get(language) ?? (await readCatalogue(language));
  catalogues.set(language, texts);
  catalogue = texts;
  current = language;
  document.documentElement.lang = language;
  for (const listener of listeners) listener();
}

/**
 * Switch the language because a person asked for it, and remember the choice.
 *
 * @param {Language} language
 * @param {{keep?: boolean}} [options] `keep: false` on a shared device (kiosk, pad): the next person starts in Chinese.
 */
export async function switchLanguage(language, { keep = true } = {}) {
  try {
    await useLanguage(language);
  } catch (error) {
    console.info('The page stays in its language: the texts of the other cannot be read now.', error);
    return;
  }
  if (keep) remember(language);
}

/** @returns {Language} */
export function language() {
  return current;
}

/** @returns {Language} the one after the page's own, round the end: what the switch leads to */
export function nextLanguage() {
  return LANGUAGES[(LANGUAGES.indexOf(current) + 1) % LANGUAGES.length] ?? current;
}

/** @param {Language} tag @returns {string} its name in itself, without the country: 中文, English */
export function languageName(tag) {
  const plain = new Intl.Locale(tag).language;
  return new Intl.DisplayNames([plain], { type: 'language' }).of(plain) ?? tag;
}

/**
 * Be told of a change of language.
 *
 * @param {() => void} listener
 * @returns {() => void} ends it
 */
export function onLanguage(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** @param {string} key @returns {key is MessageKey} whether there is a text for a key that came over the wire */
export function hasText(key) {
  return Object.hasOwn(catalogue, key);
}

/**
 * The text of a key in the page's language, `{name}` replaced by a parameter's value.
 *
 * @param {MessageKey} key
 * @param {Record<string, string | number>} [params]
 * @returns {string} the key itself where the catalogue lacks it: seen at once, and the page still stands
 */
export function t(key, params = {}) {
  const text = catalogue[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in params ? String(params[name]) : whole));
}
