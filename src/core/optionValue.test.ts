// A value that does not fit is refused, and told what would.
import { expect, test } from 'vitest';
import { integerOption, wordOption } from './optionValue.ts';

test('an integer in the range passes, ends included', () => {
  expect(integerOption('Cache', 'budget', 0)).toBe(0);
  expect([1, 7].map((value) => integerOption('Cache', 'seed', value, 1, 7))).toEqual([1, 7]);
});

test.each([-1, 0.5, Number.NaN, Infinity, 2 ** 53])('%d is no integer of at least 0', (value) => {
  expect(() => integerOption('Cache', 'budget', value)).toThrow(
    `Cache option 'budget' must be an integer of at least 0, not ${value}.`,
  );
});

test('an integer outside the range is told the range', () => {
  expect(() => integerOption('Prefill', 'window', 8, 1, 7)).toThrow(
    "Prefill option 'window' must be an integer from 1 to 7, not 8.",
  );
});

test('a word passes if it is one of the words', () => {
  expect(wordOption('Prefill', 'pooling', 'avg', ['max', 'avg'])).toBe('avg');
});

test('another word is told the words, and programs the nearest', () => {
  const words = ['full', 'chunked'];
  expect(() => wordOption('Prefill', 'mode', 'chunkd', words)).toThrow(
    expect.objectContaining({
      code: 'BAD_OPTION',
      message: "Prefill option 'mode' must be one of full, chunked, not 'chunkd'.",
      details: { option: 'mode', value: 'chunkd', words, nearest: 'chunked' },
    }),
  );
});

test('what is no word at all is refused like one', () => {
  const absent = undefined as unknown as string;
  expect(() => wordOption('Prefill', 'mode', absent, ['full'])).toThrow('one of full, not undefined.');
});
