// Windows drawn from texts: shares, chance, and texts that are too short.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { drawWindows } from './drawWindows.ts';

it('every text that can gives an equal share of different windows, whatever the seed', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 20, max: 40 }), { minLength: 1, maxLength: 5 }),
      fc.nat(100),
      fc.integer(),
      (counts, most, seed) => {
        const samples = Math.min(most, 20 * counts.length);
        const texts = counts.map((windows, i) => ({ name: `${i}`, windows }));
        const drawn = drawWindows(texts, samples, seed);
        const shares = drawn.map(({ length }) => length);
        expect(shares.reduce((sum, share) => sum + share, 0)).toBe(samples);
        expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1);
        for (const [i, numbers] of drawn.entries()) {
          expect(new Set(numbers).size).toBe(numbers.length);
          expect(numbers.every((number) => number >= 0 && number < counts[i])).toBe(true);
        }
      },
    ),
  );
});

it('the seed decides which, and every window may come', () => {
  const draw = (seed: number) => drawWindows([{ name: 'a', windows: 6 }], 2, seed)[0];
  expect(draw(3)).toEqual(draw(3));
  expect(new Set(Array.from({ length: 40 }, (_, seed) => draw(seed)).flat())).toEqual(
    new Set([0, 1, 2, 3, 4, 5]),
  );
});

it('draws what it always drew where every text can give its share', () => {
  const texts = [9, 4, 7].map((windows, i) => ({ name: `${i}`, windows }));
  expect(drawWindows(texts, 8, 5)).toEqual([
    [0, 6, 7],
    [1, 2, 3],
    [2, 5],
  ]);
});

it('where a text cannot give its share it gives all, and the others share the rest', () => {
  const texts = [3, 40, 9, 40].map((windows, i) => ({ name: `${i}`, windows }));
  const shares = (samples: number) => drawWindows(texts, samples, 2).map(({ length }) => length);
  expect(shares(12)).toEqual([3, 3, 3, 3]);
  expect(shares(14)).toEqual([3, 4, 4, 3]);
  expect(shares(40)).toEqual([3, 14, 9, 14]);
  expect(shares(92)).toEqual([3, 40, 9, 40]);
  expect(drawWindows(texts, 40, 2)).toEqual(drawWindows(texts, 40, 2));
});

it.each<[string, number[], number, RegExp]>([
  ['a text without a window', [9, 0], 2, /^b is shorter than a window/],
  ['more samples than windows', [9, 3], 13, /have 12 windows, and 13 samples are asked for/],
])('%s is refused with the numbers', (_, counts, samples, message) => {
  const texts = counts.map((windows, i) => ({ name: 'ab'[i], windows }));
  expect(() => drawWindows(texts, samples, 0)).toThrow(message);
});
