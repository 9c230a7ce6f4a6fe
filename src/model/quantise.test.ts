import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Random } from '../core/index.ts';
import { dequantise, dequantiseRow, quantiseQ4, quantiseQ8 } from './quantise.ts';

const weight = fc.float({ noNaN: true, min: -8, max: 8 });
const matrix = fc
  .tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 70 }))
  .chain(([rows, columns]) =>
    fc
      .array(weight, { minLength: rows * columns, maxLength: rows * columns })
      .map((values) => ({ rows, columns, weights: Float32Array.from(values) })),
  );

function squaredError(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, i) => sum + (value - b[i]) ** 2, 0);
}

/** Values that 4 bits hold exactly: a scale times -8..7, the -8 included. */
function representable4(random: Random, columns: number, scale: number): Float32Array {
  return Float32Array.from({ length: columns }, (_, i) =>
    i % 32 === 3 ? -8 * scale : scale * (Math.floor(random.next() * 16) - 8),
  );
}

test('8 bits miss a weight by at most half a step', () => {
  fc.assert(
    fc.property(matrix, ({ rows, columns, weights }) => {
      const quantised = quantiseQ8(weights, rows, columns, 32);
      const back = dequantise(quantised);
      const blocks = Math.ceil(columns / 32);
      for (let i = 0; i < weights.length; i++) {
        const row = Math.floor(i / columns);
        const step = quantised.scales[row * blocks + Math.floor((i - row * columns) / 32)];
        // a little more for scales stored in float32, whose subnormals are coarse
        expect(Math.abs(back[i] - weights[i])).toBeLessThanOrEqual(step * 0.50002 + 1e-43);
      }
    }),
  );
});

test('8-bit codes stay in 1..255', () => {
  fc.assert(
    fc.property(matrix, ({ rows, columns, weights }) => {
      expect(quantiseQ8(weights, rows, columns, 32).codes.every((code) => code >= 1)).toBe(true);
    }),
  );
});

test('8 bits keep weights exactly that are whole multiples of a scale', () => {
  const random = new Random(5);
  const scale = 2 ** -9;
  const weights = Float32Array.from({ length: 3 * 256 }, (_, i) =>
    i % 128 === 7 ? 127 * scale : scale * (Math.floor(random.next() * 255) - 127),
  );
  const quantised = quantiseQ8(weights, 3, 256, 128);
  expect(dequantise(quantised)).toEqual(weights);
  expect(quantised.scales.every((value) => value === scale)).toBe(true);
});

test('4 bits keep weights exactly that are whole multiples of a scale, whatever its sign', () => {
  for (const scale of [2 ** -5, -(2 ** -5), Math.fround(0.3)]) {
    const weights = representable4(new Random(6), 4 * 64, scale);
    expect(dequantise(quantiseQ4(weights, 4, 64))).toEqual(weights);
  }
});

test('4 bits err no more than the plain scales absmax / 7 and absmax / 8', () => {
  fc.assert(
    fc.property(fc.array(weight, { minLength: 32, maxLength: 32 }), (values) => {
      const weights = Float32Array.from(values);
      const peak = weights.reduce((best, x) => (Math.abs(x) > Math.abs(best) ? x : best), 0);
      const error = squaredError(dequantise(quantiseQ4(weights, 1, 32)), weights);
      for (const steps of [7, -8]) {
        const scale = peak / steps;
        const plain = weights.map((x) => Math.min(Math.max(Math.round(x / scale), -8), 7) * scale);
        if (scale !== 0) expect(error).toBeLessThanOrEqual(squaredError(plain, weights) * 1.0001 + 1e-12);
      }
    }),
  );
});

test('4 bits miss normal weights by less than a tenth in the root mean square', () => {
  const random = new Random(8);
  // the sum of 12 uniform numbers is nearly normal
  const weights = Float32Array.from({ length: 64 * 256 }, () => {
    let sum = -6;
    for (let i = 0; i < 12; i++) sum += random.next();
    return sum;
  });
  const error = squaredError(dequantise(quantiseQ4(weights, 64, 256)), weights);
  expect(Math.sqrt(error / weights.length)).toBeLessThan(0.1);
});

test('two 4-bit codes lie in a byte, the first in the low half', () => {
  const weights = new Float32Array(32);
  weights.set([-8, 7, 1, -3]);
  const { codes, scales } = quantiseQ4(weights, 1, 32);
  expect(scales[0]).toBe(1);
  expect([...codes.subarray(0, 3)]).toEqual([0xf0, 0x59, 0x88]);
});

test('columns past the end hold the code of zero', () => {
  const weights = new Float32Array(2 * 33).fill(1);
  const q8 = quantiseQ8(weights, 2, 33, 32);
  expect(q8.codes.length).toBe(2 * 2 * 32);
  expect([...q8.codes.subarray(32, 64)]).toEqual([255, ...new Array<number>(31).fill(128)]);
  const q4 = quantiseQ4(weights, 2, 33);
  expect(q4.codes.length).toBe(2 * 2 * 16);
  expect(q4.codes[16] >> 4).toBe(8);
  expect([...q4.codes.subarray(17, 32)]).toEqual(new Array<number>(15).fill(0x88));
  expect(dequantise(q4)).toEqual(weights);
});

test('a block of zeros has scale 0 and comes back as zeros', () => {
  const zeros = new Float32Array(64);
  for (const quantised of [quantiseQ8(zeros, 1, 64, 32), quantiseQ4(zeros, 1, 64)]) {
    expect([...quantised.scales]).toEqual([0, 0]);
    expect(new Set(quantised.codes)).toEqual(new Set([quantised.bits === 8 ? 128 : 0x88]));
    expect(dequantise(quantised)).toEqual(zeros);
  }
});

test('weights at the ends of the range of float32 divide by nothing that is 0', () => {
  for (const size of [2 ** -149, 2 ** -140, 2 ** -126, 3.4e38]) {
    const weights = Float32Array.from({ length: 32 }, (_, i) => size * (i % 2 ? 1 : -1));
    for (const quantised of [quantiseQ8(weights, 1, 32, 32), quantiseQ4(weights, 1, 32)]) {
      const worst = Math.max(...dequantise(quantised).map((value, i) => Math.abs(value - weights[i])));
      expect(worst).toBeLessThanOrEqual(size);
    }
  }
});

test('a row alone is the same as that row of the whole', () => {
  const random = new Random(7);
  const weights = Float32Array.from({ length: 5 * 50 }, () => random.next() - 0.5);
  const quantised = quantiseQ4(weights, 5, 50);
  const out = new Float32Array(52);
  dequantiseRow(quantised, 3, out, 1);
  expect(out.subarray(1, 51)).toEqual(dequantise(quantised).subarray(150, 200));
  expect([out[0], out[51]]).toEqual([0, 0]);
});
