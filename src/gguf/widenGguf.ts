// Widens ggml's blocks to float32, bit for bit as ggml's own dequantize_row_* do: every product below is
// exact in a double, so that only the last sum is rounded, once, as it is there. Little endian, as files
// and machines are.
import { float16Values, TreekvError, widen } from '../core/index.ts';
import type { GgufTensorType } from './gguf.ts';
import { ggufTypes } from './ggufTypes.ts';

/** Widens whole blocks: `bytes` [blocks * bytes of a block] to `out` [blocks * weights of a block]. */
type WidenBlocks = (bytes: Uint8Array, out: Float32Array) => void;

const widenBlocks: Readonly<Record<Exclude<GgufTensorType, 'F32' | 'F16' | 'BF16'>, WidenBlocks>> = {
  Q4_0: widenQ4_0,
  Q4_1: widenQ4_1,
  Q5_0: widenQ5_0,
  Q5_1: widenQ5_1,
  Q8_0: widenQ8_0,
  Q4_K: widenQ4K,
  Q6_K: widenQ6K,
};

/**
 * The `count` weights that `bytes` hold, whole blocks of `type`; F32 at an aligned address is a view,
 * everything else a new array. Scales that are not finite give weights that are not. Throws `BAD_FILE` if
 * the sizes disagree.
 */
export function widenGguf(type: GgufTensorType, bytes: Uint8Array, count: number): Float32Array {
  const { block, bytes: blockBytes } = ggufTypes[type];
  if (count % block !== 0 || bytes.length !== (count / block) * blockBytes) {
    throw new TreekvError('BAD_FILE', `${bytes.length} bytes are not ${count} weights of ${type}`, {
      bytes: bytes.length,
      count,
      type,
    });
  }
  if (type === 'F32' || type === 'F16' || type === 'BF16') return widen(type, bytes);
  const out = new Float32Array(count);
  widenBlocks[type](bytes, out);
  return out;
}

/** d (float16), 16 bytes: element i in the low half of byte i, i + 16 in the high; value = (code - 8) * d. */
function widenQ4_0(bytes: Uint8Array, out: Float32Array): void {
  const halves = float16Values();
  for (let from = 0, at = 0; at < out.length; from += 18, at += 32) {
    const scale = halves[bytes[from] | (bytes[from + 1] << 8)];
    for (let i = 0; i < 16; i++) {
      const pair = bytes[from + 2 + i];
      out[at + i] = ((pair & 15) - 8) * scale;
      out[at + i + 16] = ((pair >> 4) - 8) * scale;
    }
  }
}

/** d, m (float16), 16 bytes as in Q4_0; value = code * d + m. */
function widenQ4_1(bytes: Uint8Array, out: Float32Array): void {
  const halves = float16Values();
  for (let from = 0, at = 0; at < out.length; from += 20, at += 32) {
    const scale = halves[bytes[from] | (bytes[from + 1] << 8)];
    const least = halves[bytes[from + 2] | (bytes[from + 3] << 8)];
    for (let i = 0; i < 16; i++) {
      const pair = bytes[from + 4 + i];
      out[at + i] = (pair & 15) * scale + least;
      out[at + i + 16] = (pair >> 4) * scale + least;
    }
  }
}

/**
 * d (float16), 4 bytes that hold the fifth bit of element i in bit i, 16 bytes as in Q4_0; value = (code - 16)
 * * d.
 */
function widenQ5_0(bytes: Uint8Array, out: Float32Array): void {
  const halves = float16Values();
  for (let from = 0, at = 0; at < out.length; from += 22, at += 32) {
    const scale = halves[bytes[from] | (bytes[from + 1] << 8)];
    for (let i = 0; i < 16; i++) {
      const pair = bytes[from + 6 + i];
      out[at + i] = (((pair & 15) | fifthBit(bytes, from + 2, i)) - 16) * scale;
      out[at + i + 16] = (((pair >> 4) | fifthBit(bytes, from + 2, i + 16)) - 16) * scale;
    }
  }
}

/** d, m (float16), 4 and 16 bytes as in Q5_0; value = code * d + m. */
function widenQ5_1(bytes: Uint8Array, out: Float32Array): void {
  const halves = float16Values();
  for (let from = 0, at = 0; at < out.length; from += 24, at += 32) {
    const scale = halves[bytes[from] | (bytes[from + 1] << 8)];
    const least = halves[bytes[from + 2] | (bytes[from + 3] << 8)];
    for (let i = 0; i < 16; i++) {
      const pair = bytes[from + 8 + i];
      out[at + i] = ((pair & 15) | fifthBit(bytes, from + 4, i)) * scale + least;
      out[at + i + 16] = ((pair >> 4) | fifthBit(bytes, from + 4, i + 16)) * scale + least;
    }
  }
}

/** 16 or 0: bit i of the bytes from `first` on. */
function fifthBit(bytes: Uint8Array, first: number, i: number): number {
  return ((bytes[first + (i >> 3)] >> (i & 7)) & 1) << 4;
}

/** d (float16), 32 signed bytes; value = code * d. */
function widenQ8_0(bytes: Uint8Array, out: Float32Array): void {
  const halves = float16Values();
  const codes = new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let from = 0, at = 0; at < out.length; from += 34, at += 32) {
    const scale = halves[bytes[from] | (bytes[from + 1] << 8)];
    for (let i = 0; i < 32; i++) out[at + i] = codes[from + 2 + i] * scale;
  }
}

/**
 * d, dmin (float16), 12 bytes of 8 scales and 8 minima of 6 bits each, 128 bytes of codes: 4 groups of 32
 * bytes, a group's low halves being one sub-block of 32 weights and its high halves the next. value = code
 * * d * scale - dmin * minimum.
 */
function widenQ4K(bytes: Uint8Array, out: Float32Array): void {
  const halves = float16Values();
  for (let from = 0, at = 0; at < out.length; from += 144, at += 256) {
    const d = halves[bytes[from] | (bytes[from + 1] << 8)];
    const dmin = halves[bytes[from + 2] | (bytes[from + 3] << 8)];
    const packed = from + 4;
    for (let sub = 0; sub < 8; sub++) {
      // sub-blocks 0 to 3 have bytes of their own; the upper two bits of those bytes belong to 4 to 7
      const first = packed + (sub & 3);
      const scale6 = sub < 4 ? bytes[first] & 63 : (bytes[first + 8] & 15) | ((bytes[first] >> 6) << 4);
      const minimum6 =
        sub < 4 ? bytes[first + 4] & 63 : (bytes[first + 8] >> 4) | ((bytes[first + 4] >> 6) << 4);
      const scale = d * scale6;
      const minimum = dmin * minimum6;
      const codes = from + 16 + (sub >> 1) * 32;
      const shift = (sub & 1) * 4;
      const to = at + sub * 32;
      for (let i = 0; i < 32; i++) out[to + i] = ((bytes[codes + i] >> shift) & 15) * scale - minimum;
    }
  }
}

/**
 * 128 bytes of lower 4 bits, 64 of upper 2 bits, 16 signed scales, d (float16), for 2 halves of 128
 * weights, each 4 runs of 32; 16 weights share a scale. value = (code - 32) * scale * d.
 */
function widenQ6K(bytes: Uint8Array, out: Float32Array): void {
  const halves = float16Values();
  const signed = new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let from = 0, at = 0; at < out.length; from += 210, at += 256) {
    const d = halves[bytes[from + 208] | (bytes[from + 209] << 8)];
    for (let sixteen = 0; sixteen < 16; sixteen++) {
      const run = (sixteen >> 1) & 3;
      const offset = (sixteen & 1) * 16;
      const half = sixteen >> 3;
      // runs 0 and 1 are the low halves of 64 bytes, 2 and 3 their high halves
      const low = from + half * 64 + (run & 1) * 32 + offset;
      const lowShift = (run >> 1) * 4;
      const high = from + 128 + half * 32 + offset;
      const highShift = run * 2;
      const scale = d * signed[from + 192 + sixteen];
      const to = at + sixteen * 16;
      for (let i = 0; i < 16; i++) {
        const code = ((bytes[low + i] >> lowShift) & 15) | (((bytes[high + i] >> highShift) & 3) << 4);
        out[to + i] = (code - 32) * scale;
      }
    }
  }
}
