import { expect, test } from 'vitest';
import { float16Values, widen } from './widen.ts';

const everyHalf = Uint16Array.from({ length: 65536 }, (_, half) => half);

const bytesOf = (array: ArrayBufferView) => new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

/** IEEE 754 binary16, as the standard words it. */
function half(bits: number): number {
  const sign = bits >> 15 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = (bits & 1023) / 1024;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return exponent === 0 ? sign * fraction * 2 ** -14 : sign * (1 + fraction) * 2 ** (exponent - 15);
}

/** bfloat16: 8 bits of exponent, 7 of fraction. */
function brain(bits: number): number {
  const sign = bits >> 15 ? -1 : 1;
  const exponent = (bits >> 7) & 255;
  const fraction = (bits & 127) / 128;
  if (exponent === 255) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return exponent === 0 ? sign * fraction * 2 ** -126 : sign * (1 + fraction) * 2 ** (exponent - 127);
}

test('every float16 widens to its value, subnormals and infinities included', () => {
  expect(widen('F16', bytesOf(everyHalf))).toEqual(Float32Array.from(everyHalf, half));
});

test('the table of float16 values holds them all', () => {
  expect(float16Values()).toEqual(Float32Array.from(everyHalf, half));
});

test('every bfloat16 widens to its value', () => {
  expect(widen('BF16', bytesOf(everyHalf))).toEqual(Float32Array.from(everyHalf, brain));
});

test.each(['F32', 'F16', 'BF16'] as const)('%s is read at an address that is not aligned', (dtype) => {
  const aligned = bytesOf(everyHalf).slice(0, 4096);
  const shifted = new Uint8Array(aligned.length + 1);
  shifted.set(aligned, 1);
  expect(bytesOf(widen(dtype, shifted.subarray(1)))).toEqual(bytesOf(widen(dtype, aligned)));
  // slices of a Buffer are views, unlike those of other arrays
  expect(bytesOf(widen(dtype, Buffer.from(shifted.buffer, 1)))).toEqual(bytesOf(widen(dtype, aligned)));
});

test('bytes that are no whole number of values are refused', () => {
  expect(() => widen('F32', new Uint8Array(6))).toThrow(/6 bytes.*F32/);
});
