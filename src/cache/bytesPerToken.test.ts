// The bytes of an entry.
import { expect, test } from 'vitest';
import { bytesPerToken } from './bytesPerToken.ts';

test('a token has a key and a value in each layer and KV head, in float32', () => {
  expect(bytesPerToken({ layers: 8, kvHeads: 2, headDim: 64 })).toBe(2 * 8 * 2 * 64 * 4);
});
