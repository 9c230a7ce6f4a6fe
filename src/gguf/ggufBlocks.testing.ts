// Encodes float32 values as ggml's blocks, rounding as ggml's own reference quantisers do
// (quantize_row_*_ref), for tests that need a file of a given type. Slow and plain. Only tests import it.
import type { GgufTensorType } from './gguf.ts';

/** Types that can be made from values; Q4_K and Q6_K need a search that no test here needs. */
export type EncodableType = Exclude<GgufTensorType, 'Q4_K' | 'Q6_K'>;

/** The bytes of `values`, whose number must be a multiple of the type's block. */
export function encodeBlocks(type: EncodableType, values: ArrayLike<number>): Uint8Array {
  const floats = Float32Array.from(values);
  if (type === 'F32') return new Uint8Array(floats.buffer);
  if (type === 'F16') return new Uint8Array(Uint16Array.from(floats, float16Bits).buffer);
  if (type === 'BF16') return new Uint8Array(Uint16Array.from(floats, brainBits).buffer);
  if (floats.length % 32 !== 0)
    throw new RangeError(`${floats.length} values are no whole blocks of ${type}`);
  const encode = {
    Q4_0: (x: Float32Array) => symmetric(x, 4),
    Q4_1: (x: Float32Array) => shifted(x, 4),
    Q5_0: (x: Float32Array) => symmetric(x, 5),
    Q5_1: (x: Float32Array) => shifted(x, 5),
    Q8_0: blockQ8_0,
  }[type];
  const blocks: number[][] = [];
  for (let i = 0; i < floats.length; i += 32) blocks.push(encode(floats.subarray(i, i + 32)));
  return Uint8Array.from(blocks.flat());
}

/** The float16 nearest to `value`, ties to even. */
export function float16Bits(value: number): number {
  const [bits] = new Uint32Array(Float32Array.of(value).buffer);
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = Math.abs(Math.fround(value));
  if (Number.isNaN(magnitude)) return sign | 0x7e00;
  if (magnitude >= 65520) return sign | 0x7c00;
  if (magnitude < 2 ** -14) return sign | roundTiesToEven(magnitude * 2 ** 24);
  const exponent = ((bits >>> 23) & 255) - 127;
  // a mantissa rounded up to 2048 carries into the exponent, as it should
  return sign | (((exponent + 15) << 10) + roundTiesToEven(magnitude * 2 ** (10 - exponent)) - 1024);
}

function roundTiesToEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}

function brainBits(value: number): number {
  const [bits] = new Uint32Array(Float32Array.of(value).buffer);
  if (Number.isNaN(value)) return (bits >>> 16) | 64;
  return (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16;
}

const { fround } = Math;

/** 1 / scale as float32, from the scale before it is rounded to float16. */
const inverse = (scale: number) => (scale === 0 ? 0 : fround(1 / scale));

function halfBytes(value: number): number[] {
  const bits = float16Bits(value);
  return [bits & 255, bits >> 8];
}

/** Fifth bits first, if there are any; then element i in the low half of byte i, element i + 16 in its high half. */
function packCodes(codes: readonly number[], bits: 4 | 5): number[] {
  const fifths = codes.reduce((word, code, i) => word | ((code >> 4) << i), 0);
  const pairs = codes.slice(0, 16).map((code, i) => (code & 15) | ((codes[i + 16] & 15) << 4));
  return bits === 4 ? pairs : [...new Uint8Array(Uint32Array.of(fifths).buffer), ...pairs];
}

function blockQ8_0(x: Float32Array): number[] {
  const largest = x.reduce((peak, value) => Math.max(peak, Math.abs(value)), 0);
  const scale = fround(largest / 127);
  const codes = Array.from(x, (value) => {
    const steps = fround(value * inverse(scale));
    return (Math.sign(steps) * Math.floor(Math.abs(steps) + 0.5)) & 255;
  });
  return [...halfBytes(scale), ...codes];
}

/** Q4_0 and Q5_0. */
function symmetric(x: Float32Array, bits: 4 | 5): number[] {
  const zero = 2 ** (bits - 1);
  const peak = x.reduce((best, value) => (Math.abs(value) > Math.abs(best) ? value : best), 0);
  const scale = fround(peak / -zero);
  const codes = Array.from(x, (value) =>
    Math.min(2 * zero - 1, Math.trunc(fround(fround(value * inverse(scale)) + zero + 0.5))),
  );
  return [...halfBytes(scale), ...packCodes(codes, bits)];
}

/** Q4_1 and Q5_1. */
function shifted(x: Float32Array, bits: 4 | 5): number[] {
  const most = 2 ** bits - 1;
  const least = Math.min(...x);
  const scale = fround(fround(Math.max(...x) - least) / most);
  const codes = Array.from(x, (value) =>
    Math.min(most, Math.trunc(fround(fround(fround(value - least) * inverse(scale)) + 0.5))),
  );
  return [...halfBytes(scale), ...halfBytes(least), ...packCodes(codes, bits)];
}
