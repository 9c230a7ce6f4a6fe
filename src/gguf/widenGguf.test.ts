// The fixture holds what the Python package gguf gives: tools/reference/ggufBlocks.py made it.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { decodeSafetensors } from '../model/safetensors.ts';
import type { GgufTensorType } from './gguf.ts';
import { type EncodableType, encodeBlocks, float16Bits } from './ggufBlocks.testing.ts';
import { ggufTypes, rowBytes } from './ggufTypes.ts';
import { widenGguf } from './widenGguf.ts';

const fixture = new URL('../../test/fixtures/gguf/blocks.safetensors', import.meta.url);
const reference = decodeSafetensors(new Uint8Array(readFileSync(fixture))).tensors;

function tensor(name: string): Uint8Array {
  const found = reference.get(name);
  if (found === undefined) throw new Error(`the fixture has no ${name}`);
  // a copy, so that floats over it are aligned
  return found.bytes.slice();
}

const floats = (name: string) => new Float32Array(tensor(name).buffer);
const bitsOf = (values: Float32Array) => new Uint32Array(values.buffer, values.byteOffset, values.length);

const encodable: readonly EncodableType[] = ['F16', 'BF16', 'Q4_0', 'Q4_1', 'Q5_0', 'Q5_1', 'Q8_0'];
const stored: readonly GgufTensorType[] = [...encodable, 'Q4_K', 'Q6_K'];

describe.each(stored)('%s', (type) => {
  test('widens to the bits that the Python package gguf gives', () => {
    const expected = floats(`${type}.values`);
    const widened = widenGguf(type, tensor(`${type}.bytes`), expected.length);
    expect(expected.length).toBeGreaterThanOrEqual(1536);
    expect(bitsOf(widened)).toEqual(bitsOf(expected));
  });

  test('widens the same at an address that is not aligned', () => {
    const bytes = tensor(`${type}.bytes`);
    const shifted = new Uint8Array(bytes.length + 1);
    shifted.set(bytes, 1);
    const { length } = floats(`${type}.values`);
    expect(bitsOf(widenGguf(type, shifted.subarray(1), length))).toEqual(
      bitsOf(widenGguf(type, bytes, length)),
    );
  });

  test('is refused in bytes that do not hold so many weights', () => {
    const { block, bytes } = ggufTypes[type];
    expect(() => widenGguf(type, new Uint8Array(2 * bytes), block)).toThrow(
      expect.objectContaining({ code: 'BAD_FILE', details: { bytes: 2 * bytes, count: block, type } }),
    );
  });
});

test.each(encodable)('the encoder that the tests write %s with rounds as gguf does', (type) => {
  const encoded = encodeBlocks(type, floats('input'));
  expect(encoded).toEqual(tensor(`${type}.bytes`).subarray(0, encoded.length));
});

test('F32 is a view', () => {
  const values = Float32Array.of(1.5, -0, 1e-45);
  expect(widenGguf('F32', new Uint8Array(values.buffer), 3).buffer).toBe(values.buffer);
});

test('no weights at all are fine', () => {
  for (const type of stored) expect(widenGguf(type, new Uint8Array(0), 0)).toEqual(new Float32Array(0));
});

test('a number of weights that is no whole number of blocks is refused', () => {
  expect(() => widenGguf('Q8_0', new Uint8Array(17), 16)).toThrow(/17 bytes are not 16 weights of Q8_0/);
});

test.each([
  ['Q4_0', 0],
  ['Q4_1', 2],
  ['Q5_0', 0],
  ['Q5_1', 2],
  ['Q8_0', 0],
  ['Q4_K', 2],
  ['Q6_K', 208],
] as const)('a scale of %s that is not finite is not hidden', (type, at) => {
  for (const broken of [Number.NaN, Number.POSITIVE_INFINITY]) {
    const { block, bytes } = ggufTypes[type];
    // scales and codes of 1 at least, so that nothing is multiplied by 0
    const stored = new Uint8Array(bytes).fill(0x11);
    const half = float16Bits(broken);
    stored.set([half & 255, half >> 8], at);
    expect(widenGguf(type, stored, block).every((value) => !Number.isFinite(value))).toBe(true);
  }
});

test('a row takes its blocks', () => {
  expect(rowBytes('F32', 10)).toBe(40);
  expect(rowBytes('Q4_0', 64)).toBe(36);
  expect(rowBytes('Q6_K', 512)).toBe(420);
});
