// Windows drawn from texts: shares, chance, and texts that are too short.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { drawWindows } from './drawWindows.ts';

it('every text gives its share of different windows, whatever the seed', () => {
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

it('a text with too few windows is refused by name', () => {
  const texts = [
    { name: 'long', windows: 9 },
    { name: 'short', windows: 3 },
  ];
  expect(() => drawWindows(texts, 8, 0)).toThrow(/short has 3 windows, and 4 are its share of 8 samples/);
});
