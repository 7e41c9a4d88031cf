/** How long a page waits for a person, and how long it asks whether somebody is still there. */

/** Without a touch for this long somebody is asked; older people have twice the time. */
const IDLE_S = 60;
const ELDER_IDLE_S = 120;
/** An answer may take this long: then the next person finds the page as it was. */
const ANSWER_S = 30;
/** A number stays in sight this long after the last touch: long enough to photograph it where nothing is printed. */
const ISSUED_S = 60;
const ISSUED_PRINTED_S = 30;

/** @param {boolean} elder */
export function idleSeconds(elder) {
  return elder ? ELDER_IDLE_S : IDLE_S;
}

/** @param {import('./issued.js').Paper} paper @param {boolean} elder */
export function issuedSeconds(paper, elder) {
  const isPrinted = paper === 'coming' || paper === 'printed';
  return (isPrinted ? ISSUED_PRINTED_S : ISSUED_S) * (elder ? 2 : 1);
}

/** Counts from the last touch. */
export class Patience {
  constructor() {
    this.touchedAt = performance.now();
    this.isOver = false;
  }

  /** Somebody is there. */
  touched() {
    this.touchedAt = performance.now();
    this.isOver = false;
  }

  /**
   * Seconds left to answer; 0 before anybody is asked. A wrong clock, or one that is set, changes nothing.
   *
   * @param {number} idle_s When to ask.
   */
  left_s(idle_s) {
    const over_s = (performance.now() - this.touchedAt) / 1000 - idle_s;
    this.isOver = over_s >= ANSWER_S;
    return over_s < 0 || this.isOver ? 0 : Math.ceil(ANSWER_S - over_s);
  }
}
