// Quantises rows of weights in blocks along the row, as MatMulNBits takes them (see packed.ts): symmetric,
// value = (code - 2^(bits-1)) * scale. Pure numbers: no files, no tensors' names. A given array always
// gives the same bytes. Weights must be finite; the packer checks that before it calls.

/** Quantised rows [rows, columns]. */
export interface QuantisedRows {
  readonly bits: 4 | 8;
  /** Columns that share a scale. */
  readonly block: number;
  readonly rows: number;
  readonly columns: number;
  /** [rows, ceil(columns / block), block * bits / 8]; columns past the end hold the code of zero. */
  readonly codes: Uint8Array;
  /** [rows, ceil(columns / block)]; 0 for a block of zeros, negative where 4 bits fit better so. */
  readonly scales: Float32Array;
}

/** Columns that share a scale in 4 bits. */
export const blockQ4 = 32;

/** Quantises to 8 bits, codes 1..255: the largest magnitude of a block becomes 127 steps. */
export function quantiseQ8(
  weights: Float32Array,
  rows: number,
  columns: number,
  block: number,
): QuantisedRows {
  const blocks = Math.ceil(columns / block);
  const codes = new Uint8Array(rows * blocks * block).fill(128);
  const scales = new Float32Array(rows * blocks);
  for (let b = 0; b < scales.length; b++) {
    const row = Math.floor(b / blocks);
    const first = row * columns + (b - row * blocks) * block;
    const end = Math.min(first + block, (row + 1) * columns);
    let largest = 0;
    for (let i = first; i < end; i++) largest = Math.max(largest, Math.abs(weights[i]));
    scales[b] = largest / 127;
    // the scale as stored; a block too small for one to exist is a block of zeros
    const scale = scales[b];
    if (scale === 0) continue;
    const inverse = 1 / scale;
    // subnormal scales are coarse, so that the quotient may pass 127 there; elsewhere the clamp is idle
    for (let i = first, at = b * block; i < end; i++, at++) {
      const code = (weights[i] * inverse + 128.5) | 0;
      codes[at] = Math.min(Math.max(code, 1), 255);
    }
  }
  return { bits: 8, block, rows, columns, codes, scales };
}

// Where the largest weight of a block may fall, in steps. -8 maps it to the outermost code; less leaves that
// code unused, more clips. -8 is a code and 8 is not, so the other side wins for one block in a thousand. On
// weights of a trained model its squared error is within 0.2 % of that of 240 evenly spaced candidates.
const reaches = [-6.2, -6.6, -7, -7.3, -7.6, -7.8, -8, -8.2, -8.5, -8.8, -9.2, 7, 7.4];

/** Quantises to 4 bits in blocks of 32, two codes a byte; the scale minimises the squared error. */
export function quantiseQ4(weights: Float32Array, rows: number, columns: number): QuantisedRows {
  const block = blockQ4;
  const blocks = Math.ceil(columns / block);
  const codes = new Uint8Array((rows * blocks * block) / 2).fill(0x88);
  const scales = new Float32Array(rows * blocks);
  const values = new Float64Array(block);
  for (let b = 0; b < scales.length; b++) {
    const row = Math.floor(b / blocks);
    const first = row * columns + (b - row * blocks) * block;
    const count = Math.min(block, (row + 1) * columns - first);
    for (let i = 0; i < block; i++) values[i] = i < count ? weights[first + i] : 0;
    scales[b] = searchScale(values);
    const scale = scales[b];
    if (scale === 0) continue;
    const inverse = 1 / scale;
    for (let i = 0, at = (b * block) / 2; i < block; i += 2, at++) {
      codes[at] = code4(values[i] * inverse) | (code4(values[i + 1] * inverse) << 4);
    }
  }
  return { bits: 4, block, rows, columns, codes, scales };
}

/** The nearest of the codes 0..15 to a value in steps. */
function code4(steps: number): number {
  const code = (steps + 8.5) | 0;
  // comparisons: with Math.min and Math.max the search is slower
  return code < 0 ? 0 : code > 15 ? 15 : code;
}

/**
 * The scale of a block. Each candidate fixes the codes q; the best scale for those is sum(qx) / sum(qq), and
 * it lowers the squared error by sum(qx)^2 / sum(qq), so that one pass judges a candidate.
 */
function searchScale(values: Float64Array): number {
  let peak = 0;
  for (let i = 0; i < values.length; i++) if (Math.abs(values[i]) > Math.abs(peak)) peak = values[i];
  if (Math.fround(peak / 16) === 0) return 0;
  let best = 0;
  let bestGain = 0;
  // after the grid, the winner is rounded again with its own fitted scale, which can only lower the error
  for (let candidate = 0; candidate < reaches.length + 2; candidate++) {
    const inverse = candidate < reaches.length ? reaches[candidate] / peak : 1 / best;
    // Two chains of additions run side by side. Their order is free, as no sum is rounded: what is less than a
    // twentieth of the peak has q = 0, so that all terms are multiples of one number and small ones.
    let even = 0;
    let odd = 0;
    let qq = 0;
    for (let i = 0; i < values.length; i += 2) {
      const p = code4(values[i] * inverse) - 8;
      const q = code4(values[i + 1] * inverse) - 8;
      even += p * values[i];
      odd += q * values[i + 1];
      qq += p * p + q * q;
    }
    const qx = even + odd;
    const gain = (qx * qx) / qq;
    if (gain > bestGain) {
      bestGain = gain;
      best = qx / qq;
    }
  }
  return best;
}

/** Writes the `columns` values of one row to `out` from `at` on. */
export function dequantiseRow(from: QuantisedRows, row: number, out: Float32Array, at: number): void {
  const { bits, block, columns, codes, scales } = from;
  const blocks = Math.ceil(columns / block);
  for (let b = 0, first = row * blocks; b < blocks; b++) {
    const scale = scales[first + b];
    const element = (first + b) * block;
    const to = at + b * block;
    const count = Math.min(block, columns - b * block);
    if (bits === 8) {
      for (let i = 0; i < count; i++) out[to + i] = (codes[element + i] - 128) * scale;
    } else {
      for (let i = 0; i < count; i++) {
        const pair = codes[(element + i) >> 1];
        out[to + i] = (((pair >> (4 * (i & 1))) & 15) - 8) * scale;
      }
    }
  }
}

/** All rows, [rows, columns]. */
export function dequantise(from: QuantisedRows): Float32Array {
  const out = new Float32Array(from.rows * from.columns);
  for (let row = 0; row < from.rows; row++) dequantiseRow(from, row, out, row * from.columns);
  return out;
}
