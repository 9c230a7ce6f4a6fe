// Rotary scaling as configs spell it: both spellings come to the same, and what is not known is refused.
import { expect, test } from 'vitest';
import { readRope } from './ropeConfig.ts';

const numbers = {
  factor: 8,
  low_freq_factor: 1,
  high_freq_factor: 4,
  original_max_position_embeddings: 8192,
};
const llama3 = { rope_type: 'llama3', ...numbers };
const scaled = {
  kind: 'llama3',
  factor: 8,
  lowFreqFactor: 1,
  highFreqFactor: 4,
  originalMaxPositions: 8192,
};
const read = (config: Record<string, unknown>) => readRope(config, 'config.json');

test.each([
  [{}, 10000],
  [{ rope_theta: 5e5 }, 5e5],
  [{ rope_theta: 5e5, rope_scaling: null }, 5e5],
  [{ rope_scaling: { type: 'default' } }, 10000],
  [{ rope_parameters: { rope_theta: 160000, rope_type: 'default' } }, 160000],
  [{ rope_parameters: { rope_theta: 160000, partial_rotary_factor: 1 } }, 160000],
])('%o is plain', (config, ropeTheta) => {
  expect(read(config)).toEqual({ ropeTheta, ropeScaling: null });
});

test.each([
  { rope_theta: 5e5, rope_scaling: llama3 },
  { rope_theta: 5e5, rope_scaling: { type: 'llama3', ...numbers } },
  { rope_theta: 5e5, rope_scaling: { type: 'llama3', ...llama3 } },
  { rope_parameters: { rope_theta: 5e5, ...llama3 } },
  { rope_theta: 5e5, rope_scaling: llama3, rope_parameters: { rope_theta: 5e5, ...llama3 } },
])('llama3 is found wherever transformers has put it: %o', (config) => {
  expect(read(config)).toEqual({ ropeTheta: 5e5, ropeScaling: scaled });
});

test.each([
  [{ rope_theta: 1e4, rope_parameters: { rope_theta: 1e5 } }, /rope_theta is 10000.*100000/],
  [{ rope_scaling: llama3, rope_parameters: { ...llama3, factor: 4 } }, /rope_scaling.*rope_parameters/],
  [{ rope_scaling: llama3, rope_parameters: { rope_type: 'default' } }, /rope_parameters is null/],
  [{ rope_scaling: { type: 'linear', rope_type: 'llama3' } }, /rope_scaling.type is "linear".*llama3/],
])('places that contradict each other are refused: %o', (config, message) => {
  const attempt = () => read(config);
  expect(attempt).toThrow(expect.objectContaining({ code: 'BAD_FILE' }));
  expect(attempt).toThrow(message);
});

test.each(['linear', 'dynamic', 'yarn', 'longrope'])('type %s is refused by name', (type) => {
  for (const config of [{ rope_scaling: { type, factor: 2 } }, { rope_parameters: { rope_type: type } }]) {
    expect(() => read(config)).toThrow(expect.objectContaining({ code: 'UNSUPPORTED' }));
    expect(() => read(config)).toThrow(`of type "${type}"`);
  }
});

test.each([
  [{ rope_parameters: { full_attention: { rope_theta: 1e6 } } }, /rope_parameters.full_attention/],
  [{ rope_scaling: { rope_type: 'default', factor: 2 } }, /rope_scaling.factor 2/],
  [{ rope_scaling: { ...llama3, attention_factor: 1.2 } }, /rope_scaling.attention_factor/],
  [{ rope_parameters: { partial_rotary_factor: 0.5 } }, /partial_rotary_factor 0.5/],
])('a number that would have no effect is refused by name: %o', (config, message) => {
  expect(() => read(config)).toThrow(expect.objectContaining({ code: 'UNSUPPORTED' }));
  expect(() => read(config)).toThrow(message);
});

test.each(Object.keys(numbers))('llama3 without %s is refused, and one that is no number', (key) => {
  for (const value of [undefined, null, 0, -1, 'x', Number.POSITIVE_INFINITY]) {
    const attempt = () => read({ rope_scaling: { ...llama3, [key]: value } });
    expect(attempt).toThrow(expect.objectContaining({ code: 'BAD_FILE' }));
    expect(attempt).toThrow(`rope_scaling.${key} is`);
  }
});

test.each([
  [{ factor: 0.5 }, /factor is 0.5.*at least 1/],
  [{ high_freq_factor: 1 }, /high_freq_factor is 1.*above low_freq_factor, which is 1/],
  [{ original_max_position_embeddings: 8192.5 }, /8192.5.*integer/],
])('numbers of llama3 that cannot be are refused: %o', (extra, message) => {
  expect(() => read({ rope_scaling: { ...llama3, ...extra } })).toThrow(message);
});
