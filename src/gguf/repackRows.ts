// Repacks rows of Q4_0, Q5_0 and Q8_0 into the layout of ONNX Runtime's MatMulNBits without changing a value:
// all have blocks of 32 weights along the row and one scale each, value = code * scale from a fixed zero.
// Only the places of the codes, and the type of the scale, differ. Other types need offsets or other blocks
// and are quantised anew.
import { float16Values, TreekvError } from '../core/index.ts';
import type { GgufTensorType } from './gguf.ts';
import { ggufTypes, rowBytes } from './ggufTypes.ts';

/** Types that can be repacked. */
export type RepackableType = 'Q4_0' | 'Q5_0' | 'Q8_0';

/** The fewest bits a code that hold a type's values exactly; undefined if no number of bits does. */
export function repackedBits(type: GgufTensorType): 4 | 8 | undefined {
  return isRepackable(type) ? leastBits[type] : undefined;
}

/** Whether rows of this type can be repacked. */
export function isRepackable(type: GgufTensorType): type is RepackableType {
  return Object.hasOwn(leastBits, type);
}

const leastBits: Readonly<Record<RepackableType, 4 | 8>> = { Q4_0: 4, Q5_0: 8, Q8_0: 8 };

/** Rows [rows, columns] as MatMulNBits takes them: value = (code - 2^(bits-1)) * scale. */
export interface RepackedRows {
  /** [rows, columns / 32, 4 * bits]; 4-bit codes two neighbours a byte, the first in the low half. */
  readonly codes: Uint8Array;
  /** [rows, columns / 32]; as stored, so that a damaged file's may not be finite. */
  readonly scales: Float32Array;
}

/** Weights that share a scale. */
const block = 32;

/**
 * Repacks the `bytes` of [rows, columns] weights into `bits` a code: Q4_0 into 4 or 8, Q5_0 and Q8_0 into 8.
 * Throws `UNSUPPORTED` for those into 4, `BAD_FILE` if the sizes disagree.
 */
export function repackRows(
  type: RepackableType,
  bits: 4 | 8,
  bytes: Uint8Array,
  rows: number,
  columns: number,
): RepackedRows {
  if (columns % block !== 0 || bytes.length !== rows * rowBytes(type, columns)) {
    const message = `${bytes.length} bytes are not ${rows} rows of ${columns} weights of ${type}`;
    throw new TreekvError('BAD_FILE', message, { bytes: bytes.length, rows, columns, type });
  }
  if (bits < leastBits[type]) {
    throw new TreekvError('UNSUPPORTED', `${type} does not fit into 4 bits; quantise it anew`, {
      type,
      bits,
    });
  }
  // words of 16 bits: blocks of 18, 22 and 34 bytes begin at even addresses, but not at multiples of 4
  const aligned = bytes.byteOffset % 2 === 0 ? bytes : new Uint8Array(bytes);
  const words = new Uint16Array(aligned.buffer, aligned.byteOffset, bytes.length / 2);
  const blocks = (rows * columns) / block;
  const codes = new Uint8Array(blocks * 4 * bits);
  if (type === 'Q8_0') bytesToBytes(words, new Uint32Array(codes.buffer));
  else if (type === 'Q5_0') fivesToBytes(words, codes);
  else if (bits === 8) nibblesToBytes(words, new Uint32Array(codes.buffer));
  else nibblesToNibbles(words, codes);
  return { codes, scales: scalesOf(words, blocks, ggufTypes[type].bytes / 2) };
}

/** The float16 at the beginning of each block. */
function scalesOf(words: Uint16Array, blocks: number, stride: number): Float32Array {
  const halves = float16Values();
  const scales = new Float32Array(blocks);
  for (let b = 0, from = 0; b < blocks; b++, from += stride) scales[b] = halves[words[from]];
  return scales;
}

/** Signed bytes to bytes from 128 on: the highest bit flips. `out` [blocks * 8] of 4 codes each. */
function bytesToBytes(words: Uint16Array, out: Uint32Array): void {
  for (let from = 1, at = 0; at < out.length; from += 17, at += 8) {
    for (let i = 0; i < 8; i++) {
      out[at + i] = (words[from + 2 * i] | (words[from + 2 * i + 1] << 16)) ^ 0x80808080;
    }
  }
}

/** Codes around 8 to codes around 128: 120 more, which never carries. `out` [blocks * 8] of 4 codes each. */
function nibblesToBytes(words: Uint16Array, out: Uint32Array): void {
  for (let from = 1, at = 0; at < out.length; from += 9, at += 8) {
    for (let i = 0; i < 4; i++) {
      const pairs = words[from + 2 * i] | (words[from + 2 * i + 1] << 16);
      out[at + i] = (pairs & 0x0f0f0f0f) + 0x78787878;
      out[at + i + 4] = ((pairs >>> 4) & 0x0f0f0f0f) + 0x78787878;
    }
  }
}

/** Codes around 16, their fifth bits apart, to codes around 128. `out` [blocks * 32]. */
function fivesToBytes(words: Uint16Array, out: Uint8Array): void {
  for (let from = 1, at = 0; at < out.length; from += 11, at += 32) {
    for (let i = 0; i < 16; i++) {
      const pair = words[from + 2 + (i >> 1)] >> (8 * (i & 1));
      out[at + i] = ((pair & 15) | (((words[from] >> i) & 1) << 4)) + 112;
      out[at + i + 16] = (((pair >> 4) & 15) | (((words[from + 1] >> i) & 1) << 4)) + 112;
    }
  }
}

/** Element i beside i + 16 to element i beside i + 1. `out` [blocks * 16] of 2 codes each. */
function nibblesToNibbles(words: Uint16Array, out: Uint8Array): void {
  for (let from = 1, at = 0; at < out.length; from += 9, at += 16) {
    for (let i = 0; i < 8; i++) {
      const pairs = words[from + i];
      out[at + i] = (pairs & 0x0f) | ((pairs >> 4) & 0xf0);
      out[at + i + 8] = ((pairs >> 4) & 0x0f) | ((pairs >> 8) & 0xf0);
    }
  }
}
