// Widens stored floats to float32, which every later step computes in. Exact: float16 and bfloat16 are
// subsets of float32, infinities, NaN and subnormals included. Assumes a little-endian machine, as
// everything that Node and ONNX Runtime are built for is.
import { TreekvError } from './error.ts';

/** Float types that a checkpoint may store. */
export type FloatDtype = 'F32' | 'F16' | 'BF16';

/** Whether `dtype` is one that `widen` takes. */
export function isFloatDtype(dtype: string): dtype is FloatDtype {
  return dtype === 'F32' || dtype === 'F16' || dtype === 'BF16';
}

/** The values that `bytes` hold; F32 at an aligned address is a view, everything else a new array. */
export function widen(dtype: FloatDtype, bytes: Uint8Array): Float32Array {
  const size = dtype === 'F32' ? 4 : 2;
  if (bytes.length % size !== 0) {
    throw new TreekvError('BAD_FILE', `${bytes.length} bytes are no whole number of ${dtype} values`, {
      bytes: bytes.length,
      dtype,
    });
  }
  const aligned = bytes.byteOffset % size === 0 ? bytes : new Uint8Array(bytes);
  const length = bytes.length / size;
  if (dtype === 'F32') return new Float32Array(aligned.buffer, aligned.byteOffset, length);
  const halves = new Uint16Array(aligned.buffer, aligned.byteOffset, length);
  const values = new Float32Array(length);
  const bits = new Uint32Array(values.buffer);
  if (dtype === 'BF16') {
    // bfloat16 is the upper half of a float32
    for (let i = 0; i < length; i++) bits[i] = halves[i] << 16;
  } else {
    const float32Bits = new Uint32Array(float16Values().buffer);
    for (let i = 0; i < length; i++) bits[i] = float32Bits[halves[i]];
  }
  return values;
}

// [65536] made on first use, as most models need none
let table: Float32Array | undefined;

/** [65536] the value of each float16, indexed by its bits. Shared: not to be written to. */
export function float16Values(): Float32Array {
  table ??= float16Table();
  return table;
}

function float16Table(): Float32Array {
  const values = new Float32Array(65536);
  const bits = new Uint32Array(values.buffer);
  const value = new Float32Array(1);
  const valueBits = new Uint32Array(value.buffer);
  for (let half = 0; half < 65536; half++) {
    const sign = (half & 0x8000) << 16;
    const exponent = (half >> 10) & 31;
    const mantissa = half & 1023;
    if (exponent === 0) {
      // subnormal: float32 has the range to hold it as a normal number
      value[0] = mantissa * 2 ** -24;
      bits[half] = sign | valueBits[0];
    } else {
      const wide = exponent === 31 ? 255 : exponent + 112;
      bits[half] = sign | (wide << 23) | (mantissa << 13);
    }
  }
  return values;
}
