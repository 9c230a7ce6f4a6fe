import fc from 'fast-check';
import { expect, test } from 'vitest';
import { dequantise } from '../model/quantise.ts';
import { encodeBlocks, float16Bits } from './ggufBlocks.testing.ts';
import { ggufTypes } from './ggufTypes.ts';
import { type RepackableType, repackedBits, repackRows } from './repackRows.ts';
import { widenGguf } from './widenGguf.ts';

const repackings: readonly (readonly [RepackableType, 4 | 8])[] = [
  ['Q4_0', 4],
  ['Q4_0', 8],
  ['Q5_0', 8],
  ['Q8_0', 8],
];

/** Any blocks whose scales are finite: random bytes, the exponent of each scale kept below 31. */
const rowsOf = (type: RepackableType) => {
  const { bytes: blockBytes } = ggufTypes[type];
  return fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 4 })).chain(([rows, blocks]) =>
    fc
      .uint8Array({ minLength: rows * blocks * blockBytes, maxLength: rows * blocks * blockBytes })
      .map((bytes) => {
        for (let from = 0; from < bytes.length; from += blockBytes) bytes[from + 1] &= 0xbf;
        return { rows, columns: blocks * 32, bytes };
      }),
  );
};

test.each(repackings)('%s in %i bits is worth the same, bit for bit', (type, bits) => {
  fc.assert(
    fc.property(rowsOf(type), ({ rows, columns, bytes }) => {
      const { codes, scales } = repackRows(type, bits, bytes, rows, columns);
      const back = dequantise({ bits, block: 32, rows, columns, codes, scales });
      const widened = widenGguf(type, bytes, rows * columns);
      expect(new Uint32Array(back.buffer)).toEqual(new Uint32Array(widened.buffer));
    }),
  );
});

test.each(repackings)('%s in %i bits is repacked at an odd address too', (type, bits) => {
  const values = Float32Array.from({ length: 64 }, (_, i) => Math.sin(i));
  const bytes = encodeBlocks(type, values);
  const shifted = new Uint8Array(bytes.length + 1);
  shifted.set(bytes, 1);
  expect(repackRows(type, bits, shifted.subarray(1), 2, 32)).toEqual(repackRows(type, bits, bytes, 2, 32));
});

test('neighbours share a byte in 4 bits, the first in the low half', () => {
  const bytes = encodeBlocks('Q4_0', [-8, 7, 1, -3, ...new Array<number>(28).fill(0)]);
  const { codes, scales } = repackRows('Q4_0', 4, bytes, 1, 32);
  expect([...scales]).toEqual([1]);
  expect([...codes.subarray(0, 3)]).toEqual([0xf0, 0x59, 0x88]);
  expect(codes.length).toBe(16);
});

test('8-bit codes are steps from 128', () => {
  const steps = [127, -127, 1, -1, 0, ...new Array<number>(27).fill(5)];
  expect([...repackRows('Q8_0', 8, encodeBlocks('Q8_0', steps), 1, 32).codes]).toEqual(
    steps.map((step) => step + 128),
  );
});

test('scales that are not finite come back as they are', () => {
  for (const broken of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
    for (const [type, bits] of repackings) {
      const bytes = new Uint8Array(ggufTypes[type].bytes);
      const half = float16Bits(broken);
      bytes.set([half & 255, half >> 8]);
      expect([...repackRows(type, bits, bytes, 1, 32).scales]).toEqual([broken]);
    }
  }
});

test.each(['Q5_0', 'Q8_0'] as const)('%s does not go into 4 bits', (type) => {
  expect(() => repackRows(type, 4, new Uint8Array(ggufTypes[type].bytes), 1, 32)).toThrow(
    expect.objectContaining({
      code: 'UNSUPPORTED',
      message: expect.stringContaining(`${type} does not fit`),
    }),
  );
});

test('types with offsets or other blocks have no number of bits', () => {
  for (const type of ['F32', 'Q4_1', 'Q5_1', 'Q4_K', 'Q6_K'] as const) {
    expect(repackedBits(type)).toBeUndefined();
  }
});

test.each([
  ['too few bytes', 33, 1, 32],
  ['a row that is no whole number of blocks', 51, 1, 48],
  ['rows that are not there', 34, 2, 32],
])('%s are refused', (_, length, rows, columns) => {
  expect(() => repackRows('Q8_0', 8, new Uint8Array(length), rows, columns)).toThrow(
    expect.objectContaining({
      code: 'BAD_FILE',
      details: { bytes: length, rows, columns, type: 'Q8_0' },
    }),
  );
});
