import { expect, test } from 'vitest';
import { parseConfig } from '../model/index.ts';
import { cacheSizes } from './cacheSizes.ts';

const config = parseConfig(
  {
    model_type: 'llama',
    vocab_size: 8192,
    hidden_size: 512,
    intermediate_size: 1408,
    num_hidden_layers: 8,
    num_attention_heads: 8,
    num_key_value_heads: 2,
  },
  'config.json',
);

test('a full cache grows with the text, a bounded one ends at its budget', () => {
  expect(cacheSizes(config, [512, 4096, 1_000_000], 1024)).toEqual([
    { tokens: 512, fullBytes: 512 * 8192, boundedBytes: 512 * 8192 },
    { tokens: 4096, fullBytes: 4096 * 8192, boundedBytes: 1024 * 8192 },
    { tokens: 1_000_000, fullBytes: 8_192_000_000, boundedBytes: 1024 * 8192 },
  ]);
});
