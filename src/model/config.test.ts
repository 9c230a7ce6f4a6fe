import { expect, test } from 'vitest';
import { parseConfig, restoreConfig, storeConfig } from './config.ts';

const small = {
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  vocab_size: 96,
  hidden_size: 64,
  intermediate_size: 96,
  num_hidden_layers: 2,
  num_attention_heads: 4,
};

const parse = (extra: Record<string, unknown>) => parseConfig({ ...small, ...extra }, 'x/config.json');

test('what a config leaves out has the defaults of transformers', () => {
  expect(parse({})).toEqual({
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
  });
});

test('null counts as left out', () => {
  expect(parse({ head_dim: null, num_key_value_heads: null, rope_scaling: null })).toEqual(parse({}));
});

test('what a config says is taken', () => {
  const config = parse({ num_key_value_heads: 2, head_dim: 32, rope_theta: 5e5, tie_word_embeddings: true });
  expect(config).toMatchObject({ kvHeads: 2, headDim: 32, ropeTheta: 5e5, tiedEmbeddings: true });
});

test('rope_theta is found in rope_parameters, where transformers 5 puts it', () => {
  const config = parse({ rope_parameters: { rope_theta: 160000, rope_type: 'default' } });
  expect(config.ropeTheta).toBe(160000);
});

test('two different values of rope_theta are refused', () => {
  expect(() => parse({ rope_theta: 1e4, rope_parameters: { rope_theta: 1e5 } })).toThrow(/10000.*100000/);
});

test.each([
  [{ architectures: ['QwenForCausalLM'] }, /QwenForCausalLM/],
  [{ architectures: ['LlamaForSequenceClassification'] }, /LlamaForSequenceClassification/],
  [{ model_type: 'mistral', architectures: undefined }, /mistral/],
  [{ model_type: undefined, architectures: undefined }, /model_type absent/],
  [{ rope_scaling: { rope_type: 'llama3', factor: 8 } }, /rope_scaling of type "llama3"/],
  [{ rope_parameters: { rope_type: 'yarn', rope_theta: 1e4 } }, /yarn/],
  [{ attention_bias: true }, /attention_bias/],
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
])('a number that makes no sense is refused by name: %o', (extra, message) => {
  const attempt = () => parse(extra);
  expect(attempt).toThrow(expect.objectContaining({ code: 'BAD_FILE' }));
  expect(attempt).toThrow(message);
});

test('a config that is not an object is refused', () => {
  expect(() => parseConfig([], 'x/config.json')).toThrow(/x\/config.json.*JSON object/);
});

test('a stored config comes back equal', () => {
  const config = parse({ num_key_value_heads: 2 });
  expect(restoreConfig(JSON.parse(storeConfig(config)), 'x')).toEqual(config);
});

test('a stored config is checked too', () => {
  expect(() => restoreConfig({ ...parse({}), kvHeads: 3 }, 'x')).toThrow(/3 KV heads/);
});
