import { join } from 'node:path';
import { expect, test } from 'vitest';
import { packageRoot } from '../core/index.ts';
import { type ModelConfig, parseConfig, restoreConfig, storeConfig } from './config.ts';
import { openSafetensors } from './safetensors.ts';

const sizes = {
  vocab_size: 96,
  hidden_size: 64,
  intermediate_size: 96,
  num_hidden_layers: 2,
  num_attention_heads: 32,
};
const small = { ...sizes, architectures: ['LlamaForCausalLM'], model_type: 'llama', num_attention_heads: 4 };

const parse = (extra: Record<string, unknown>) => parseConfig({ ...small, ...extra }, 'x/config.json');
const defaults: ModelConfig = {
  architecture: 'llama',
  vocabSize: 96,
  hiddenSize: 64,
  intermediateSize: 96,
  layers: 2,
  queryHeads: 4,
  kvHeads: 4,
  headDim: 16,
  ropeTheta: 10000,
  rmsNormEps: 1e-6,
  ropeScaling: null,
  slidingWindow: null,
  qkvBias: false,
  qkNorm: false,
  tiedEmbeddings: false,
  maxPositions: 2048,
};

test('what a config leaves out has the defaults of transformers', () => {
  expect(parse({})).toEqual(defaults);
});

test.each([
  ['llama', { kvHeads: 32, headDim: 2, maxPositions: 2048 }],
  ['mistral', { kvHeads: 8, headDim: 2, maxPositions: 131072, slidingWindow: 4096 }],
  ['qwen2', { kvHeads: 32, headDim: 2, maxPositions: 32768, qkvBias: true }],
  ['qwen3', { kvHeads: 32, headDim: 128, maxPositions: 32768, qkNorm: true }],
] as const)('what a config of %s leaves out has the defaults of its own class', (type, own) => {
  const wanted = { ...defaults, architecture: type, queryHeads: 32, ...own };
  expect(parseConfig({ ...sizes, model_type: type }, 'config.json')).toEqual(wanted);
});

test('num_key_value_heads null stands for the query heads, where none stands for 8', () => {
  const json = { ...sizes, model_type: 'mistral', num_key_value_heads: null };
  expect(parseConfig(json, 'config.json').kvHeads).toBe(32);
});

test('null counts as left out', () => {
  expect(parse({ head_dim: null, num_key_value_heads: null, rope_scaling: null })).toEqual(parse({}));
});

test('what a config says is taken', () => {
  const config = parse({ num_key_value_heads: 2, head_dim: 32, rope_theta: 5e5, tie_word_embeddings: true });
  expect(config).toMatchObject({ kvHeads: 2, headDim: 32, ropeTheta: 5e5, tiedEmbeddings: true });
});

test.each([
  [{ model_type: 'qwen2' }, 'qwen2'],
  [{ architectures: ['Qwen3ForCausalLM'] }, 'qwen3'],
  [{ architectures: ['MistralForCausalLM'], model_type: 'mistral' }, 'mistral'],
])('the architecture follows from either name or both: %o', (names, architecture) => {
  expect(parseConfig({ ...sizes, ...names }, 'config.json')).toMatchObject({ architecture });
});

test('an architecture and a model_type that do not belong together are refused', () => {
  expect(() => parse({ model_type: 'qwen2' })).toThrow(/LlamaForCausalLM.*"qwen2"/);
});

test.each([
  [{ architectures: ['Phi3ForCausalLM'], model_type: 'phi3' }, /Phi3ForCausalLM/],
  [{ architectures: ['Gemma2ForCausalLM'], model_type: 'gemma2' }, /Gemma2ForCausalLM/],
  [{ architectures: ['MixtralForCausalLM'], model_type: 'mixtral' }, /MixtralForCausalLM/],
  [{ architectures: ['Qwen2MoeForCausalLM'], model_type: 'qwen2_moe' }, /Qwen2MoeForCausalLM/],
  [{ architectures: ['LlamaForSequenceClassification'] }, /LlamaForSequenceClassification/],
  [{ model_type: 'qwen3_moe', architectures: undefined }, /qwen3_moe/],
  [{ model_type: undefined, architectures: undefined }, /model_type absent/],
])('an architecture that treekv does not run is named, and those that it runs: %o', (extra, message) => {
  const attempt = () => parse(extra);
  expect(attempt).toThrow(expect.objectContaining({ code: 'UNSUPPORTED' }));
  expect(attempt).toThrow(message);
  expect(attempt).toThrow(/Llama, Mistral, Qwen2 and Qwen3/);
});

test.each([
  [{ attention_bias: true }, /attention_bias true.*output of attention/],
  [{ mlp_bias: true }, /mlp_bias/],
  [{ hidden_act: 'gelu' }, /gelu/],
  [{ quantization_config: { quant_method: 'gptq' } }, /gptq.*unquantised/],
  [{ partial_rotary_factor: 0.5 }, /partial_rotary_factor/],
  [{ head_dim: 15 }, /head_dim 15/],
])('a model that the graph would compute wrongly is refused by name: %o', (extra, message) => {
  const attempt = () => parse(extra);
  expect(attempt).toThrow(expect.objectContaining({ code: 'UNSUPPORTED' }));
  expect(attempt).toThrow(message);
});

test.each([
  [{ vocab_size: 0 }, /vocab_size is 0/],
  [{ num_hidden_layers: 1.5 }, /num_hidden_layers is 1.5/],
  [{ hidden_size: '64' }, /hidden_size is "64"/],
  [{ hidden_size: undefined }, /hidden_size is absent/],
  [{ hidden_size: 66 }, /head_dim is 16.5/],
  [{ rope_theta: -1 }, /rope_theta is -1/],
  [{ rms_norm_eps: 0 }, /rms_norm_eps is 0/],
  [{ tie_word_embeddings: 'yes' }, /tie_word_embeddings is "yes"/],
  [{ num_key_value_heads: 3 }, /4 query heads .* 3 KV heads/],
  [{ architectures: 'LlamaForCausalLM' }, /architectures is "LlamaForCausalLM".*list/],
])('a number that makes no sense is refused by name: %o', (extra, message) => {
  const attempt = () => parse(extra);
  expect(attempt).toThrow(expect.objectContaining({ code: 'BAD_FILE' }));
  expect(attempt).toThrow(message);
});

test('a config that is not an object is refused', () => {
  expect(() => parseConfig([], 'x/config.json')).toThrow(/x\/config.json.*JSON object/);
});

const llama3 = {
  kind: 'llama3',
  factor: 8,
  lowFreqFactor: 1,
  highFreqFactor: 4,
  originalMaxPositions: 8192,
} as const;

test.each<[string, Partial<ModelConfig>]>([
  ['plain Llama', { kvHeads: 2 }],
  ['Llama 3.1', { ropeScaling: llama3 }],
  ['divided frequencies', { ropeScaling: { kind: 'factors', factors: [1, 1, 1, 1, 1.5, 2, 8, 8] } }],
  ['Mistral', { architecture: 'mistral', slidingWindow: 4096 }],
  ['Qwen2', { architecture: 'qwen2', qkvBias: true, tiedEmbeddings: true }],
  ['Qwen3', { architecture: 'qwen3', qkNorm: true }],
])('a stored config of %s comes back equal', (_, own) => {
  const config = { ...defaults, ...own };
  expect(restoreConfig(JSON.parse(storeConfig(config)), 'x')).toEqual(config);
});

test('what plain Llama lacks is not stored, so that its packed files stay as they were', () => {
  expect(Object.keys(JSON.parse(storeConfig(defaults)))).toEqual([
    ...['architecture', 'vocabSize', 'hiddenSize', 'intermediateSize', 'layers', 'queryHeads', 'kvHeads'],
    ...['headDim', 'ropeTheta', 'rmsNormEps', 'maxPositions'],
  ]);
});

test('the config of the embedded model is stored as its file has it', async () => {
  const opened = await openSafetensors(join(packageRoot(), 'models', 'books-27m-4k', 'model.safetensors'));
  await opened.close();
  const stored = opened.metadata.config;
  expect(storeConfig(restoreConfig(JSON.parse(stored), 'x'))).toBe(stored);
});

test.each([
  [{ kvHeads: 3 }, /3 KV heads/],
  [{ architecture: 'gpt2' }, /architecture "gpt2"/],
  [{ qkvBias: 1 }, /qkvBias is 1/],
  [{ qkNorm: 'no' }, /qkNorm is "no"/],
  [{ slidingWindow: 0 }, /slidingWindow is 0/],
  [{ ropeScaling: 'llama3' }, /ropeScaling must be/],
  [{ ropeScaling: { kind: 'yarn' } }, /kind "yarn"/],
  [{ ropeScaling: { ...llama3, factor: undefined } }, /ropeScaling.factor is absent/],
  [{ ropeScaling: { ...llama3, highFreqFactor: 1 } }, /ropeScaling.highFreqFactor is 1.*above/],
  [{ ropeScaling: { kind: 'factors', factors: [1, 2] } }, /ropeScaling.factors.*8 positive/],
  [{ ropeScaling: { kind: 'factors', factors: [1, 1, 1, 1, 1, 1, 1, 0] } }, /ropeScaling.factors/],
])('a stored config is checked too: %o', (extra, message) => {
  expect(() => restoreConfig({ ...defaults, ...extra }, 'x')).toThrow(message);
});
