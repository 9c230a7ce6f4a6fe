// Bytes as text: what is UTF-8 comes through whole, and what is not is named.
import { expect, test } from 'vitest';
import { decodeUtf8 } from './decodeUtf8.ts';

test('UTF-8 is read, without a byte order mark', () => {
  expect(decodeUtf8(Buffer.from('\uFEFFnaïve ☂ 🌲'), 'a.txt')).toBe('naïve ☂ 🌲');
  expect(decodeUtf8(Buffer.from('a real \uFFFD'), 'a.txt')).toBe('a real \uFFFD');
});

test('other bytes are refused with the file and the first bad byte', () => {
  const latin1 = Buffer.concat([Buffer.from('🌲 na'), Buffer.from([0xef]), Buffer.from('ve')]);
  expect(() => decodeUtf8(latin1, 'a.txt')).toThrow(/a\.txt is not UTF-8: byte 8 is wrong/);
  expect(() => decodeUtf8(Buffer.from('🌲').subarray(0, 3), 'a.txt')).toThrow(/ends in the middle/);
});
