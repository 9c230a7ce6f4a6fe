// How many slots a layer gets: enough, never past the budget, and seldom grown.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { grownCapacity } from './growth.ts';

const sizes = fc.integer({ min: 0, max: 100_000 });

test('a capacity that is enough stays', () => {
  fc.assert(
    fc.property(sizes, sizes, (current, needed) => {
      fc.pre(needed <= current);
      expect(grownCapacity(current, needed, current)).toBe(current);
    }),
  );
});

test('what is needed always fits', () => {
  fc.assert(
    fc.property(sizes, sizes, sizes, (current, needed, limit) => {
      expect(grownCapacity(current, needed, limit)).toBeGreaterThanOrEqual(needed);
    }),
  );
});

test('the budget is never passed while it is enough', () => {
  fc.assert(
    fc.property(sizes, sizes, sizes, (current, needed, limit) => {
      fc.pre(current <= limit && needed <= limit);
      expect(grownCapacity(current, needed, limit)).toBeLessThanOrEqual(limit);
    }),
  );
});

test('a full budget is reached exactly, even one that is no multiple of the block', () => {
  expect(grownCapacity(960, 1001, 1001)).toBe(1001);
});

test('slots come in blocks of 64', () => {
  expect(grownCapacity(0, 1, Number.POSITIVE_INFINITY)).toBe(64);
  expect(grownCapacity(64, 65, Number.POSITIVE_INFINITY)).toBe(128);
});

test('an endless text grows its slots a logarithmic number of times', () => {
  let capacity = 0;
  let growths = 0;
  for (let needed = 1; needed <= 65_536; needed++) {
    const grown = grownCapacity(capacity, needed, Number.POSITIVE_INFINITY);
    if (grown > capacity) growths++;
    capacity = grown;
  }
  expect(growths).toBeLessThan(40);
});

test('at most a quarter and a block of the slots stand empty', () => {
  let capacity = 0;
  for (let needed = 1; needed <= 20_000; needed++) {
    capacity = grownCapacity(capacity, needed, Number.POSITIVE_INFINITY);
    expect(capacity - needed).toBeLessThanOrEqual(needed / 4 + 64);
  }
});
