/**
 * The TV's voice: announcements one after another, each as often as it says, none cut off, none too late.
 *
 * A recording is in memory whole before it starts, so that a network that breaks cannot cut it off. Browsers keep a
 * page silent until somebody has touched it (or it was started with an autoplay policy that allows sound): `blocked`
 * says so, and the first touch unlocks.
 *
 * What was not said to its end is kept in the tab's own storage: a page that is loaded anew in the middle of a call-out
 * says it again, from its beginning.
 */

/** @typedef {import('base/types.js').Announcement & {gap_s?: number}} Announcement `gap_s`: silence between repetitions */

/** Announcements that may wait: more than these would be stale before their turn. */
const QUEUE_MAX = 16;
const SAID_MAX = 64;
const REPEAT_MAX = 5;
const GAP_S = 0.8;
const GAP_S_MAX = 5;
const FETCH_MS_MAX = 5000;
/** A browser that may play starts its sound system in this time. */
const START_MS_MAX = 1500;
/** A sound system that breaks down never says that a recording has ended. */
const OVERTIME_MS = 1500;
const UNSAID = 'tv.unsaid';

/** @param {number} ms @returns {Promise<void>} */
function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Plays announcements. */
export class Voice {
  /**
   * @param {{now_ms: () => number, changed: () => void}} ports The hall's time; called when `blocked` or `speaking`
   *   has changed.
   */
  constructor({ now_ms, changed }) {
    this.now_ms = now_ms;
    this.changed = changed;
    /** Whether the browser keeps the page silent until somebody touches it. */
    this.blocked = false;
    /** @type {Announcement | null} the one that sounds now */
    this.speaking = null;
    /** @type {Announcement[]} */
    this.queue = [];
    /** @type {Set<string>} */
    this.said = new Set();
    /** @type {AudioContext | null} */
    this.context = null;
    this.running = false;
  }

  /** Say what the page before this one, in the same tab, did not say to its end. */
  resume() {
    try {
      for (const announcement of JSON.parse(sessionStorage.getItem(UNSAID) ?? '[]')) this.say(announcement);
    } catch (error) {
      console.warn('What was not said is not known.', error);
    }
  }

  #keep() {
    const unsaid = this.speaking === null ? this.queue : [this.speaking, ...this.queue];
    try {
      sessionStorage.setItem(UNSAID, JSON.stringify(unsaid));
    } catch (error) {
      console.warn('What is not said yet cannot be kept.', error);
    }
  }

  /** Find out whether the browser lets the page speak. */
  async prepare() {
    if (this.context === null) {
      this.context = new AudioContext();
      this.context.onstatechange = () => this.#run();
    }
    await Promise.race([this.context.resume(), pause(START_MS_MAX)]);
    this.#tell({ blocked: this.context.state !== 'running' });
    return !this.blocked;
  }

  /** Speak from now on: to be called from a touch or a key. */
  async unlock() {
    await this.prepare();
    await this.#run();
  }

  /**
   * Speak an announcement when its turn comes; one that was said already is not said again.
   *
   * @param {Announcement} announcement
   */
  say(announcement) {
    if (announcement.audio === null || this.said.has(announcement.id)) return;
    this.said.add(announcement.id);
    for (const id of this.said) {
      if (this.said.size <= SAID_MAX) break;
      this.said.delete(id);
    }
    this.queue.push(announcement);
    if (this.queue.length > QUEUE_MAX) this.queue.shift();
    this.#keep();
    this.#run();
  }

  /** @param {{blocked?: boolean, speaking?: Announcement | null}} news */
  #tell(news) {
    Object.assign(this, news);
    if ('speaking' in news) this.#keep();
    this.changed();
  }

  /** @param {Announcement} announcement */
  #expired(announcement) {
    return Date.parse(announcement.expires_at) < this.now_ms();
  }

  /** Say what waits, one after another. */
  async #run() {
    if (this.running) return;
    this.running = true;
    try {
      while (this.queue.length > 0 && (await this.prepare())) {
        const next = this.queue.shift();
        if (next !== undefined) await this.#say(next);
      }
    } finally {
      this.running = false;
    }
  }

  /** @param {Announcement} announcement */
  async #say(announcement) {
    if (this.#expired(announcement)) return;
    try {
      const recording = await this.#fetch(announcement.audio ?? '');
      if (this.#expired(announcement)) return;
      this.#tell({ speaking: announcement });
      const times = Math.min(Math.max(announcement.repeat, 1), REPEAT_MAX);
      for (let time = 0; time < times; time += 1) {
        if (time > 0) await pause(Math.min(announcement.gap_s ?? GAP_S, GAP_S_MAX) * 1000);
        await this.#play(recording);
      }
    } catch (error) {
      console.warn(`Not spoken: ${announcement.id}`, error);
    } finally {
      this.#tell({ speaking: null });
    }
  }

  /** @param {string} address @returns {Promise<AudioBuffer>} */
  async #fetch(address) {
    const response = await fetch(address, { signal: AbortSignal.timeout(FETCH_MS_MAX) });
    if (!response.ok) throw new Error(`${address}: HTTP ${response.status}`);
    return this.#context().decodeAudioData(await response.arrayBuffer());
  }

  /** @param {AudioBuffer} recording @returns {Promise<void>} when it has ended */
  async #play(recording) {
    const context = this.#context();
    const source = new AudioBufferSourceNode(context, { buffer: recording });
    source.connect(context.destination);
    /** @type {Promise<void>} */
    const ended = new Promise((resolve) => {
      source.onended = () => resolve();
    });
    source.start();
    await Promise.race([ended, pause(recording.duration * 1000 + OVERTIME_MS)]);
    source.stop();
    source.disconnect();
  }

  /** @returns {AudioContext} */
  #context() {
    if (this.context === null) throw new Error('prepare() comes first');
    return this.context;
  }
}
