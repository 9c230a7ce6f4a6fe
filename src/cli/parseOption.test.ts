import { expect, test } from 'vitest';
import {
  collect,
  parseInteger,
  parseIntegers,
  parseLength,
  parseLengths,
  parseList,
  parseNumber,
} from './parseOption.ts';

test('lengths take k and m as powers of 1024', () => {
  expect(parseLength('4096')).toBe(4096);
  expect(parseLength('128k')).toBe(131_072);
  expect(parseLength('1M')).toBe(1_048_576);
  expect(parseLength('0.5k')).toBe(512);
  expect(parseLengths('4096, 64k')).toEqual([4096, 65_536]);
});

test.each(['', '0', '-1', 'k', '12g', '1.5', '1e3', '4096 tokens'])('%j is no length', (word) => {
  expect(() => parseLength(word)).toThrow(/no length/);
});

test('integers and numbers are taken whole or not at all', () => {
  expect(parseInteger('-3')).toBe(-3);
  expect(parseNumber('1e-3')).toBe(0.001);
  for (const word of ['', '1.5', '7x', '0x10', '1e400']) expect(() => parseInteger(word)).toThrow(/integer/);
  for (const word of ['', ' ', 'x', 'Infinity']) expect(() => parseNumber(word)).toThrow(/number/);
});

test('lists have no holes', () => {
  expect(parseList('a, b')).toEqual(['a', 'b']);
  expect(() => parseList('a,,b')).toThrow(/commas/);
  expect(parseIntegers('2, 32000')).toEqual([2, 32000]);
  expect(() => parseIntegers('2,x')).toThrow(/integer/);
});

test('an option given again is added', () => {
  expect(collect('b', collect('a'))).toEqual(['a', 'b']);
});
