/**
 * The hall's time as the controller tells it: a TV box or an old PC has no exact clock, and some jump.
 *
 * A message tells a time that is past by the time it arrives: by milliseconds as a rule, by minutes where a board stands
 * as it was at the last change. It never tells a future one, so of several messages the latest time is the truest.
 * Between messages the browser's monotonic time counts on, which no wrong setting of the device's clock moves.
 */

/** Messages that are remembered: an error of the device's oscillator grows old with them. */
const SAMPLES_MAX = 16;

/** The time in the hall. */
export class HallClock {
  constructor() {
    /** @type {number[]} milliseconds from the browser's monotonic time to the controller's, one a message */
    this.offsets_ms = [];
  }

  /** @returns {boolean} whether the controller has told the time */
  get known() {
    return this.offsets_ms.length > 0;
  }

  /**
   * Take over the time of a message that has just arrived.
   *
   * @param {string} at RFC 3339.
   */
  observe(at) {
    const told_ms = Date.parse(at);
    if (Number.isNaN(told_ms)) return;
    this.offsets_ms.push(told_ms - performance.now());
    if (this.offsets_ms.length > SAMPLES_MAX) this.offsets_ms.shift();
  }

  /** @returns {number} milliseconds since 1970; the device's own while the controller has told none */
  now_ms() {
    return this.known ? Math.max(...this.offsets_ms) + performance.now() : Date.now();
  }
}

/**
 * Run a function now and at the beginning of each second of a clock.
 *
 * @param {HallClock} clock
 * @param {() => void} tick
 * @returns {() => void} ends it
 */
export function everySecond(clock, tick) {
  let timer = 0;
  const next = () => {
    tick();
    timer = setTimeout(next, 1000 - (clock.now_ms() % 1000));
  };
  next();
  return () => clearTimeout(timer);
}
