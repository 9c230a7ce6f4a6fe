import { expect, test } from 'vitest';
import type { Checkpoint } from './checkpoint.ts';
import { parseConfig } from './config.ts';
import { isExact, keptFormats } from './keptFormats.ts';
import type { BlockFormat, Dtype } from './packed.ts';

const config = parseConfig(
  {
    architectures: ['LlamaForCausalLM'],
    model_type: 'llama',
    vocab_size: 96,
    hidden_size: 64,
    intermediate_size: 96,
    num_hidden_layers: 1,
    num_attention_heads: 4,
    num_key_value_heads: 2,
  },
  'config.json',
);
const four: BlockFormat = { kind: 'blocks', bits: 4, block: 32 };
const eight: BlockFormat = { kind: 'blocks', bits: 8, block: 32 };

/** What is kept of a model whose tensors have these formats. */
function kept(
  dtype: Dtype,
  formatOf: (name: string) => BlockFormat | undefined,
): Record<string, BlockFormat> {
  const checkpoint = { config, blockFormat: formatOf } as Partial<Checkpoint> as Checkpoint;
  return Object.fromEntries(keptFormats(checkpoint, dtype));
}

const all = (format: BlockFormat, ...names: string[]) =>
  Object.fromEntries(names.map((name) => [name, format]));
const layers = ['0.qkv', '0.o', '0.gateUp', '0.down'];
const edges = ['embed', 'head'];

test.each<[string, Dtype, BlockFormat | undefined, Record<string, BlockFormat>]>([
  ['floats keep nothing in q8', 'q8', undefined, {}],
  ['floats keep nothing in q4', 'q4', undefined, {}],
  ['4 bits are kept in q8', 'q8', four, all(four, ...edges, ...layers)],
  ['4 bits are what q4 has, but for table and head', 'q4', four, all(four, ...edges)],
  ['8 bits are kept in q8', 'q8', eight, all(eight, ...edges, ...layers)],
  ['8 bits are kept in q4 for table and head only', 'q4', eight, all(eight, ...edges)],
  ['fp32 keeps no 4 bits', 'fp32', four, {}],
  ['fp32 keeps no 8 bits', 'fp32', eight, {}],
])('%s', (_, dtype, format, expected) => {
  expect(kept(dtype, () => format)).toEqual(expected);
});

test('4 bits fused with 8 take 8', () => {
  const formats = kept('q8', (name) => (/v_proj|gate_proj/.test(name) ? eight : four));
  expect(formats).toMatchObject({ '0.qkv': eight, '0.gateUp': eight, '0.down': four, '0.o': four });
});

test('blocks fused with floats are not kept', () => {
  const formats = kept('q8', (name) => (/k_proj|up_proj|lm_head/.test(name) ? undefined : eight));
  expect(Object.keys(formats)).toEqual(['embed', '0.o', '0.down']);
});

test('rows are exact in their own block and at least their bits', () => {
  expect(isExact(four, four)).toBe(true);
  expect(isExact(four, eight)).toBe(true);
  expect(isExact(eight, four)).toBe(false);
  expect(isExact(eight, { ...eight, block: 128 })).toBe(false);
  expect(isExact(undefined, eight)).toBe(false);
});
