/** Pictures and videos of the hall's own, in the large place while nobody is called. */

import { html } from 'lit';
import { keyed } from 'lit/directives/keyed.js';
import { t } from 'base/i18n.js';

/** @typedef {{file: string, zone?: string | null, seconds: number}} Media */

const VIDEO = /\.(mp4|webm)$/;

/** Knows which files cannot be shown. */
export class Reel {
  /** @param {() => void} changed Called when a file has turned out not to be there. */
  constructor(changed) {
    this.changed = changed;
    /** @type {Set<string>} */
    this.broken = new Set();
  }

  /** Try every file again: the hall may have put it there meanwhile. */
  forgive() {
    this.broken.clear();
  }

  /**
   * The file whose turn it is. A function of the time alone, so that the TVs of a hall show the same.
   *
   * @param {readonly Media[]} media
   * @param {string | null | undefined} zone
   * @param {number} now_ms
   * @returns {Media | null}
   */
  choose(media, zone, now_ms) {
    const shown = media.filter((each) => !this.broken.has(each.file) && (!each.zone || !zone || each.zone === zone));
    const whole_s = shown.reduce((sum, each) => sum + each.seconds, 0);
    let at_s = Math.floor(now_ms / 1000) % Math.max(whole_s, 1);
    for (const each of shown) {
      if (at_s < each.seconds) return each;
      at_s -= each.seconds;
    }
    return null;
  }

  /** @param {Media} media */
  panel(media) {
    const address = `/media/${encodeURIComponent(media.file)}`;
    const lost = () => {
      this.broken.add(media.file);
      this.changed();
    };
    return html`<section class="now media" data-count="0" data-file=${media.file}>
      <div class="media-glass">
        ${keyed(
          media.file,
          VIDEO.test(media.file)
            ? html`<video src=${address} .muted=${true} autoplay loop playsinline @error=${lost}></video>`
            : html`<img src=${address} alt="" @error=${lost} />`,
        )}
      </div>
      <h2>${t('tv.none_now')}</h2>
    </section>`;
  }
}
