/**
 * What the elder version says aloud. The controller makes the recordings, for browsers of kiosks have no voices.
 *
 * All that is said stands on the screen too; where there is no sound, nothing is lost.
 */

import { get } from 'base/api.js';
import { language } from 'base/i18n.js';

/** @typedef {'welcome' | 'list' | 'matter' | 'green' | 'staff' | 'search' | 'check_in' | 'issued' | 'still_there'} Sentence */

/** One loudspeaker: a new sentence ends the one before. */
export class Speaker {
  /**
   * @param {string} hall
   * @param {(speaking: boolean) => void} onChange
   */
  constructor(hall, onChange) {
    this.hall = hall;
    this.onChange = onChange;
    this.audio = new Audio();
    this.audio.addEventListener('ended', () => this.onChange(false));
    this.audio.addEventListener('pause', () => this.onChange(false));
    this.audio.addEventListener('playing', () => this.onChange(true));
    this.turn = 0;
  }

  /**
   * Say a sentence; returns when it begins, or can't be said.
   *
   * @param {Sentence} sentence
   * @param {Record<string, string>} [about] E.g. the service's code.
   */
  async say(sentence, about = {}) {
    this.hush();
    const turn = this.turn;
    const query = new URLSearchParams({ ...about, lang: language() });
    try {
      const said = await get(`/halls/${encodeURIComponent(this.hall)}/sentences/${sentence}?${query}`);
      if (turn !== this.turn || said.audio === null) return;
      this.audio.src = said.audio;
      await this.audio.play();
    } catch (error) {
      console.info('Nothing is said.', sentence, error);
    }
  }

  /** Say nothing more. */
  hush() {
    this.turn += 1;
    this.audio.pause();
  }
}
