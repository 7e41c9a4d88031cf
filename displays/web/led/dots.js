/** The dots of a sign: from the wire to a canvas, and back from the canvas for whoever checks what is shown. */

/**
 * @typedef {object} Dots
 * @property {number} width
 * @property {number} height
 * @property {Uint8Array} lit One byte a dot, row by row: 1 is lit.
 */

/** A dot takes this share of its cell: the dark between dots is what makes a sign look like one. */
const DOT_SHARE = 0.86;
/** Cells smaller than this are drawn as squares without a gap: a circle of three pixels is none. */
const ROUND_PX_MIN = 5;
const SIDE_MAX = 4096;

/**
 * Decode the bitmap of a board: 1 bit a dot, rows padded to bytes, most significant bit left.
 *
 * @param {string} bitmap Base64.
 * @param {number} width
 * @param {number} height
 * @returns {Dots}
 * @throws {RangeError} the bitmap is not of this size
 */
export function decodeDots(bitmap, width, height) {
  const bytes = Uint8Array.from(atob(bitmap), (character) => character.charCodeAt(0));
  const rowBytes = Math.ceil(width / 8);
  if (!(width >= 1 && width <= SIDE_MAX && height >= 1 && height <= SIDE_MAX) || bytes.length !== rowBytes * height) {
    throw new RangeError(`${bytes.length} bytes are no bitmap of ${width} by ${height}`);
  }
  const lit = new Uint8Array(width * height);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const byte = bytes[y * rowBytes + (x >> 3)] ?? 0;
      lit[y * width + x] = (byte >> (7 - (x & 7))) & 1;
    }
  }
  return { width, height, lit };
}

/**
 * The part of a long strip that a sign shows: it comes in from the right, runs through, and begins again.
 *
 * @param {Dots} strip As high as the sign.
 * @param {number} width Dots of the sign.
 * @param {number} shift Dots that it has run.
 * @returns {Dots}
 */
export function runThrough(strip, width, shift) {
  const { height } = strip;
  const start = (Math.floor(shift) % (strip.width + width)) - width;
  const lit = new Uint8Array(width * height);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const from = start + x;
      if (from >= 0 && from < strip.width) lit[y * width + x] = strip.lit[y * strip.width + from] ?? 0;
    }
  }
  return { width, height, lit };
}

/**
 * Draw the dots, each in a cell of its own.
 *
 * @param {HTMLCanvasElement} canvas Its size in pixels is set to the cells.
 * @param {Dots} dots
 * @param {number} cell_px Whole pixels a dot.
 * @param {{lit: string, dark: string, ground: string}} colours
 */
export function drawDots(canvas, { width, height, lit }, cell_px, colours) {
  canvas.width = width * cell_px;
  canvas.height = height * cell_px;
  const pen = canvas.getContext('2d', { alpha: false, willReadFrequently: true });
  if (pen === null) throw new Error('this browser has no canvas');
  pen.fillStyle = colours.ground;
  pen.fillRect(0, 0, canvas.width, canvas.height);
  const round = cell_px >= ROUND_PX_MIN;
  for (const state of /** @type {const} */ ([0, 1])) {
    pen.beginPath();
    for (let index = 0; index < lit.length; index += 1) {
      if (lit[index] !== state) continue;
      const left = (index % width) * cell_px;
      const top = Math.floor(index / width) * cell_px;
      if (round) {
        pen.moveTo(left + cell_px, top + cell_px / 2);
        pen.arc(left + cell_px / 2, top + cell_px / 2, (cell_px * DOT_SHARE) / 2, 0, 2 * Math.PI);
      } else {
        pen.rect(left, top, cell_px, cell_px);
      }
    }
    pen.fillStyle = state === 1 ? colours.lit : colours.dark;
    pen.fill();
  }
}

/**
 * Read the dots back from the canvas, by the colour in the middle of each cell.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {number} cell_px
 * @param {number} threshold Brightness, 0 to 255, from which a dot counts as lit.
 * @returns {string[]} a row each, `1` for a lit dot and `0` for a dark one
 */
export function readDots(canvas, cell_px, threshold) {
  const pen = canvas.getContext('2d');
  if (pen === null) throw new Error('this browser has no canvas');
  const { data, width, height } = pen.getImageData(0, 0, canvas.width, canvas.height);
  const middle = Math.floor(cell_px / 2);
  /** @type {string[]} */
  const rows = [];
  for (let y = middle; y < height; y += cell_px) {
    let row = '';
    for (let x = middle; x < width; x += cell_px) {
      const at = (y * width + x) * 4;
      row += Math.max(data[at] ?? 0, data[at + 1] ?? 0, data[at + 2] ?? 0) >= threshold ? '1' : '0';
    }
    rows.push(row);
  }
  return rows;
}
