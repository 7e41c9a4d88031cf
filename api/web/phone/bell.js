/** The bell of a phone that follows its ticket: a few tones and a buzz, once a reason. */

/** Milliseconds of buzz and pause. */
const BUZZ_MS = [400, 200, 400, 200, 800];
/** Beginnings of the tones, their length in seconds and their pitches: rising, heard over a street's noise. */
const TONES_S = [0, 0.35, 0.7, 1.6, 1.95, 2.3];
const TONE_S = 0.3;
const PITCHES_HZ = [660, 880, 1100];
const LOUDNESS = 0.5;

/** Rings. Browsers let a page sound only after a touch: `arm()` is to be called from one. */
export class Bell {
  constructor() {
    /** @type {AudioContext | null} */
    this.context = null;
    /** @type {Set<string>} reasons that were rung for */
    this.rung = new Set();
  }

  /** @returns {boolean} */
  get armed() {
    return this.context !== null;
  }

  /** Let the page ring from now on, and let it be heard how. */
  async arm() {
    this.context = new AudioContext();
    await this.context.resume();
    this.#sound(1);
  }

  /** Ring no more. */
  disarm() {
    this.context?.close();
    this.context = null;
  }

  /** @param {string} reason For each reason it rings once. */
  ring(reason) {
    if (this.rung.has(reason)) return;
    this.rung.add(reason);
    if ('vibrate' in navigator) navigator.vibrate(BUZZ_MS);
    this.#sound(TONES_S.length);
  }

  /** @param {number} count How many of the tones. */
  #sound(count) {
    const context = this.context;
    if (context === null) return;
    for (const [index, at_s] of TONES_S.slice(0, count).entries()) {
      const volume = context.createGain();
      const tone = context.createOscillator();
      tone.frequency.value = PITCHES_HZ[index % PITCHES_HZ.length] ?? 0;
      volume.gain.value = LOUDNESS;
      tone.connect(volume).connect(context.destination);
      tone.start(context.currentTime + at_s);
      tone.stop(context.currentTime + at_s + TONE_S);
    }
  }
}
