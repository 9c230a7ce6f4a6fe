// GGUF metadata as a config.json: what parseConfig makes of it, and what a config.json could not have said.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseConfig } from '../model/index.ts';
import type { GgufValue } from './gguf.ts';
import { ggufConfig } from './ggufConfig.ts';
import { openGguf } from './openGguf.ts';

const stories = join(import.meta.dirname, '../../../shared/models/stories260K/stories260K.gguf');
const file = 'models/some.gguf';

type Values = Readonly<Record<string, GgufValue | undefined>>;

/** Metadata of a small model; `changes` are of the architecture's own keys. */
function metadata(architecture: string, changes: Values = {}): Map<string, GgufValue> {
  const own: Values = {
    block_count: 2,
    context_length: 512,
    embedding_length: 64,
    feed_forward_length: 172,
    'attention.head_count': 8,
    'attention.head_count_kv': 4,
    'attention.layer_norm_rms_epsilon': 1e-5,
    'rope.freq_base': 500000,
    ...changes,
  };
  const values = new Map<string, GgufValue>([
    ['general.architecture', architecture],
    ['tokenizer.ggml.tokens', ['a', 'b', 'c']],
  ]);
  for (const [name, value] of Object.entries(own)) {
    if (value !== undefined) values.set(`${architecture}.${name}`, value);
  }
  return values;
}

function tensors(...more: string[]): Map<string, { shape: readonly number[] }> {
  const names = ['token_embd.weight', 'output_norm.weight', ...more];
  return new Map(names.map((name) => [name, { shape: [4, 64] }]));
}

const read = (architecture: string, changes?: Values, present = tensors('output.weight')) =>
  ggufConfig(metadata(architecture, changes), present, file);
const parse = (...parameters: Parameters<typeof read>) => parseConfig(read(...parameters), file);

test('a Llama', () => {
  expect(parse('llama')).toEqual({
    architecture: 'llama',
    vocabSize: 4,
    hiddenSize: 64,
    intermediateSize: 172,
    layers: 2,
    queryHeads: 8,
    kvHeads: 4,
    headDim: 8,
    ropeTheta: 500000,
    ropeScaling: null,
    slidingWindow: null,
    qkvBias: false,
    qkNorm: false,
    rmsNormEps: 1e-5,
    tiedEmbeddings: false,
    maxPositions: 512,
  });
});

test.each<[string, string, Values, object]>([
  ['Qwen2', 'qwen2', {}, { architecture: 'qwen2', qkvBias: true }],
  [
    'Qwen3, whose heads are wider than its stream',
    'qwen3',
    { 'attention.key_length': 128, 'attention.value_length': 128 },
    { architecture: 'qwen3', qkNorm: true, headDim: 128 },
  ],
  [
    'a Llama with a window, which is a Mistral',
    'llama',
    { 'attention.sliding_window': 4096 },
    { architecture: 'mistral', slidingWindow: 4096 },
  ],
  ['a Mistral without a window', 'mistral', {}, { architecture: 'mistral', slidingWindow: null }],
  ['a window of 0, which is none', 'llama', { 'attention.sliding_window': 0 }, { slidingWindow: null }],
  ['no base of the rotary embedding', 'llama', { 'rope.freq_base': undefined }, { ropeTheta: 10000 }],
  ['no KV heads', 'llama', { 'attention.head_count_kv': undefined }, { kvHeads: 8 }],
  ['a rotary embedding over whole heads', 'llama', { 'rope.dimension_count': 8 }, { headDim: 8 }],
  ['rotary scaling of type none', 'llama', { 'rope.scaling.type': 'none' }, { ropeScaling: null }],
  ['neutral values of features', 'llama', { expert_count: 0, logit_scale: 1, 'attention.causal': true }, {}],
])('%s', (_, architecture, changes, expected) => {
  expect(parse(architecture, changes)).toMatchObject(expected);
});

test('without output.weight the output projection is the embedding table', () => {
  expect(parse('llama', {}, tensors()).tiedEmbeddings).toBe(true);
});

test.each<[string, string, Values, string[], string]>([
  [
    'linear rotary scaling',
    'llama',
    { 'rope.scaling.type': 'linear', 'rope.scaling.factor': 4 },
    [],
    'rope_scaling of type "linear"',
  ],
  ['yarn', 'qwen2', { 'rope.scaling.type': 'yarn' }, [], 'rope_scaling of type "yarn"'],
  ['another activation', 'llama', { hidden_activation: 'gelu' }, [], 'hidden_act "gelu"'],
  ['biases of a Llama', 'llama', {}, ['blk.0.attn_q.bias'], 'attention_bias'],
  ['a bias behind the attention of Qwen2', 'qwen2', {}, ['blk.0.attn_output.bias'], 'attention_bias'],
  ['biases of the feed-forward layer', 'llama', {}, ['blk.0.ffn_up.bias'], 'mlp_bias'],
  ['another architecture', 'mistral3', {}, [], 'model_type "mistral3"'],
  ['another architecture', 'gemma2', {}, [], 'model_type "gemma2"'],
])('%s: parseConfig refuses it by name', (_, architecture, changes, names, words) => {
  const convert = () => parse(architecture, changes, tensors('output.weight', ...names));
  expect(convert).toThrow(expect.objectContaining({ code: 'UNSUPPORTED' }));
  expect(convert).toThrow(words);
});

test("the biases of Qwen2's attention are its own", () => {
  expect(read('qwen2', {}, tensors('blk.0.attn_q.bias', 'blk.0.attn_v.bias'))).not.toHaveProperty(
    'attention_bias',
  );
});

test('an architecture that is not known needs none of the other keys', () => {
  expect(ggufConfig(new Map([['general.architecture', 'bert']]), new Map(), file)).toEqual({
    model_type: 'bert',
  });
});

describe('what a config.json could not say is refused by name', () => {
  test.each<[Values, RegExp]>([
    [
      { 'attention.head_count': Uint32Array.of(8, 4) },
      /llama\.attention\.head_count is a list: layers that differ/,
    ],
    [{ 'attention.head_count_kv': Int32Array.of(4, 2) }, /llama\.attention\.head_count_kv is a list/],
    [{ feed_forward_length: Int32Array.of(172, 344) }, /llama\.feed_forward_length is a list/],
    [
      { 'attention.key_length': 16, 'attention.value_length': 8 },
      /value_length is 8, but a head's keys have 16/,
    ],
    [{ 'attention.key_length': 16 }, /value_length is 8, but a head's keys have 16/],
    [{ 'rope.dimension_count': 4 }, /llama\.rope\.dimension_count is 4, but a head's keys have 8/],
    [{ expert_count: 8 }, /llama\.expert_count is 8: mixtures of experts are not supported/],
    [{ 'attention.causal': false }, /llama\.attention\.causal is false: this is not supported/],
    [{ final_logit_softcapping: 30 }, /llama\.final_logit_softcapping is 30/],
    [{ logit_scale: 0.5 }, /llama\.logit_scale is 0\.5/],
    [{ 'rope.scale_linear': 4 }, /llama\.rope\.scale_linear is 4/],
  ])('%j', (changes, words) => {
    expect(() => read('llama', changes)).toThrow(expect.objectContaining({ code: 'UNSUPPORTED' }));
    expect(() => read('llama', changes)).toThrow(words);
  });

  test("a window of Qwen's, whose layers the file does not name", () => {
    expect(() => read('qwen2', { 'attention.sliding_window': 4096 })).toThrow(
      /qwen2\.attention\.sliding_window is 4096, but not for which layers/,
    );
  });
});

describe('damage is named with its numbers', () => {
  test.each<[Values, RegExp]>([
    [{ block_count: undefined }, /llama\.block_count is absent/],
    [{ embedding_length: -64 }, /llama\.embedding_length is -64; it must be a whole number/],
    [{ 'attention.layer_norm_rms_epsilon': undefined }, /layer_norm_rms_epsilon is absent/],
    [{ 'rope.freq_base': Number.NaN }, /llama\.rope\.freq_base is NaN; it must be a number/],
    [{ 'rope.freq_base': 'high' }, /llama\.rope\.freq_base is "high"; it must be a number/],
  ])('%j', (changes, words) => {
    expect(() => read('llama', changes)).toThrow(expect.objectContaining({ code: 'BAD_FILE' }));
    expect(() => read('llama', changes)).toThrow(words);
  });

  test('fewer rows of the embedding table than tokens', () => {
    const short = new Map([['token_embd.weight', { shape: [2, 64] }]]);
    expect(() => read('llama', {}, short)).toThrow(/there are 3 tokens, but token_embd\.weight has 2 rows/);
  });

  test('no embedding table', () => {
    expect(() => read('llama', {}, new Map())).toThrow(/token_embd\.weight is absent/);
  });

  test('no architecture', () => {
    expect(() => ggufConfig(new Map(), tensors(), file)).toThrow(/general\.architecture is absent/);
  });
});

test.skipIf(!existsSync(stories))('stories260K (needs ../shared)', async () => {
  const gguf = await openGguf(stories);
  const config = parseConfig(ggufConfig(gguf.metadata, gguf.tensors, stories), stories);
  await gguf.close();
  expect(config).toMatchObject({
    ...{ architecture: 'llama', vocabSize: 512, hiddenSize: 64, intermediateSize: 172, layers: 5 },
    ...{ queryHeads: 8, kvHeads: 4, headDim: 8, ropeTheta: 10000, tiedEmbeddings: false },
  });
});
