/** What is known of the machine's paper: by what the controller hears of it, and by the receipts that came out or not. */

/** @typedef {import('./issued.js').Paper} Paper */
/** @typedef {'ok' | 'low' | 'out' | 'away' | 'unknown'} Outlook */

/** The page looks this often whether the receipt is out. */
const LOOK_S = 2;
/** A receipt that isn't out after so long isn't waited for; should it come all the same, the page says so. */
const WAIT_S_MAX = 20;

/** @param {Outlook | null | undefined} outlook Whether a machine is known to print nothing now. */
function isOut(outlook) {
  return outlook === 'out' || outlook === 'away';
}

/** The paper of a machine. */
export class MachinePaper {
  /** @param {boolean} prints Whether the page belongs to a machine that prints. */
  constructor(prints) {
    this.prints = prints;
    /** The last receipt did not come out. */
    this.failed = false;
    /** @type {Outlook | null} */
    this.outlook = null;
  }

  /** Whether people should know, before they take a number, that no receipt may come. */
  get isMissing() {
    return this.prints && (this.failed || isOut(this.outlook));
  }

  /** @param {Outlook | null | undefined} outlook What the controller hears of it now. */
  heard(outlook) {
    if (isOut(this.outlook) && (outlook === 'ok' || outlook === 'low')) this.failed = false; // somebody put paper in
    this.outlook = outlook ?? null;
  }

  /** @returns {Paper} what is to be expected of a receipt just asked for */
  get begins() {
    if (!this.prints) return 'none';
    return isOut(this.outlook) ? 'failed' : 'coming';
  }

  /** @param {Paper} paper What has become of a receipt. */
  came(paper) {
    this.failed = paper === 'failed';
  }
}

/** @param {Paper} paper @param {number} since_s Since the number was given. @returns {boolean} it is time to look again */
export function isDue(paper, since_s) {
  return (paper === 'coming' || paper === 'failed') && since_s % LOOK_S === 0;
}

/** @param {Paper} paper @param {number} since_s @returns {Paper} as it is taken while nothing else is heard */
export function unheard(paper, since_s) {
  return since_s >= WAIT_S_MAX ? 'failed' : paper;
}
