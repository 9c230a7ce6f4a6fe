// The options of `generate`: Hugging Face's names and defaults, and an error for whatever would be ignored.
import { describe, expect, test } from 'vitest';
import { TreekvError } from '../core/index.ts';
import { type GenerateOptions, generateOptionNames, planGeneration } from './generateOptions.ts';

/** The error that some options, right or wrong, end in. */
function refused(options: Record<string, unknown>): TreekvError {
  try {
    planGeneration(options as GenerateOptions);
  } catch (error) {
    if (error instanceof TreekvError) return error;
    throw error;
  }
  throw new Error(`${JSON.stringify(options)} was accepted`);
}

test("the defaults are Hugging Face's, but for a longer answer", () => {
  expect(planGeneration()).toEqual({
    max_new_tokens: 256,
    do_sample: false,
    temperature: 1,
    top_k: 50,
    top_p: 1,
    min_p: 0,
    repetition_penalty: 1,
    seed: undefined,
    stop: [],
    eos_token_id: undefined,
  });
});

test('what is given comes through', () => {
  const options = {
    max_new_tokens: 3,
    do_sample: true,
    temperature: 0.5,
    top_k: 0,
    top_p: 0.9,
    min_p: 0.1,
    repetition_penalty: 1.2,
    seed: -7,
    stop: ['a', 'b'],
    eos_token_id: [2, 7],
  };
  expect(planGeneration(options)).toEqual(options);
});

test('undefined stands for the default, also beside greedy choice', () => {
  const options = Object.fromEntries(generateOptionNames.map((name) => [name, undefined]));
  expect(planGeneration(options)).toEqual(planGeneration());
});

test('a single token that ends the text is a list of one, and an empty list means none', () => {
  expect(planGeneration({ eos_token_id: 5 }).eos_token_id).toEqual([5]);
  expect(planGeneration({ eos_token_id: [] }).eos_token_id).toEqual([]);
});

test.each([[-1], [1.5], ['2'], [[1, -2]], [null]])('%j ends no text', (eos_token_id) => {
  expect(refused({ eos_token_id })).toMatchObject({ details: { option: 'eos_token_id' } });
});

test('a single stop text is a list of one', () => {
  expect(planGeneration({ stop: 'END' }).stop).toEqual(['END']);
});

test('the plan holds no signal, since it crosses threads', () => {
  expect(planGeneration({ signal: new AbortController().signal })).not.toHaveProperty('signal');
});

test.each([
  ['maxNewTokens', 'max_new_tokens'],
  ['max_tokens', 'max_new_tokens'],
  ['topk', 'top_k'],
  ['temprature', 'temperature'],
])('the unknown option %s is refused, and %s is suggested', (option, nearest) => {
  const { code, message, details } = refused({ [option]: 1 });
  expect(code).toBe('BAD_OPTION');
  expect(message).toContain(`'${option}'`);
  expect(details).toMatchObject({ option, nearest });
});

test.each(['num_beams', 'do_smaple', 'penalty_alpha'])('the unknown option %s is refused', (option) => {
  expect(refused({ [option]: 1 })).toMatchObject({ code: 'BAD_OPTION', details: { option } });
});

test.each([
  ['temperature', 0.5],
  ['top_k', 10],
  ['top_p', 0.9],
  ['min_p', 0.1],
  ['seed', 1],
  ['top_k', 50],
])('%s without do_sample is refused, and the way out is named', (option, value) => {
  const { code, message } = refused({ [option]: value });
  expect(code).toBe('BAD_OPTION');
  expect(message).toContain('do_sample: true');
});

describe('a malformed value is refused and names its option', () => {
  test.each<[string, readonly unknown[]]>([
    ['max_new_tokens', [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '5', true]],
    ['do_sample', [1, 'yes', null]],
    ['temperature', [0, -1, Number.NaN, Number.POSITIVE_INFINITY, '1']],
    ['top_k', [-1, 0.5, Number.NaN, '50']],
    ['top_p', [0, -0.1, 1.01, Number.NaN, '1']],
    ['min_p', [-0.1, 1.01, Number.NaN, '0']],
    ['repetition_penalty', [0, -1, Number.NaN, Number.POSITIVE_INFINITY, '1']],
    ['seed', [1.5, Number.NaN, '1', null]],
    ['stop', ['', [''], ['a', ''], [1], 1, null, {}]],
    ['signal', [true, {}, null, 'now']],
  ])('%s', (option, values) => {
    const sampled = ['temperature', 'top_k', 'top_p', 'min_p', 'seed'].includes(option);
    for (const value of values) {
      const error = refused({ ...(sampled && { do_sample: true }), [option]: value });
      expect(error.code).toBe('BAD_OPTION');
      expect(error.message).toContain(`'${option}'`);
      expect(error.details).toMatchObject({ option, value });
    }
  });
});
