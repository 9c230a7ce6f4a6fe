import { expect, test } from 'vitest';
import { mostThreads, threadOption } from './threadOption.ts';

test.each([
  [1, 16],
  [4, 16],
  [8, 32],
  [64, 256],
  [128, 256],
])('with %i cores %i threads are the most', (cores, most) => {
  expect(mostThreads(cores)).toBe(most);
  expect(threadOption(most, cores)).toBe(most);
  expect(() => threadOption(most + 1, cores)).toThrow(
    `Load option 'threads' must be an integer from 1 to ${most}, not ${most + 1}.`,
  );
});

test('nothing asked for is every core, however many there are', () => {
  for (const cores of [1, 2, 300]) expect(threadOption(undefined, cores)).toBe(cores);
});

test.each([0, -1, 1.5, Number.NaN, Infinity, 2 ** 32 + 1])('%d threads are BAD_OPTION', (threads) => {
  expect(() => threadOption(threads)).toThrow(expect.objectContaining({ code: 'BAD_OPTION' }));
});
