// The bootstrap: against the normal interval that it must come near, and its edges.
import { expect, test } from 'vitest';
import { Random } from '../core/index.ts';
import { bootstrapMean, bootstrapStatistic, formatInterval } from './bootstrapMean.ts';

/** Sums of 12 uniforms: nearly normal, variance 1. */
function normals(count: number, seed: number): number[] {
  const random = new Random(seed);
  const one = (): number => Array.from({ length: 12 }, () => random.next()).reduce((a, b) => a + b, -6);
  return Array.from({ length: count }, one);
}

test('for many normal values the interval is that of the normal distribution', () => {
  const values = normals(400, 1).map((value) => 5 + 2 * value);
  const { mean, low, high, n } = bootstrapMean(values);
  const own = values.reduce((a, b) => a + b, 0) / n;
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - own) ** 2, 0) / n);
  const half = (1.96 * deviation) / Math.sqrt(n);
  expect(mean).toBeCloseTo(own, 12);
  expect(Math.abs(Number(low) - (own - half))).toBeLessThan(0.02);
  expect(Math.abs(Number(high) - (own + half))).toBeLessThan(0.02);
});

test('of 200 intervals at 90 % about 180 hold the true mean', () => {
  const held = Array.from({ length: 200 }, (_, i) => {
    const { low, high } = bootstrapMean(normals(40, 100 + i), { samples: 400, seed: i, level: 0.9 });
    return Number(low) < 0 && Number(high) > 0;
  }).filter(Boolean).length;
  expect(held).toBeGreaterThan(165);
  expect(held).toBeLessThan(195);
});

test('the same seed gives the same interval, another one another', () => {
  const values = normals(20, 2);
  expect(bootstrapMean(values, { seed: 3 })).toEqual(bootstrapMean(values, { seed: 3 }));
  expect(bootstrapMean(values, { seed: 4 }).low).not.toBe(bootstrapMean(values, { seed: 3 }).low);
});

test('blocks of neighbours widen the interval of values that resemble their neighbours', () => {
  // each value five times in a row: as much as a fifth of the values know
  const values = normals(60, 5).flatMap((value) => new Array<number>(5).fill(value));
  const width = (block: number): number => {
    const { low, high } = bootstrapMean(values, { block, samples: 4000 });
    return Number(high) - Number(low);
  };
  expect(width(20) / width(1)).toBeGreaterThan(1.8);
  expect(width(20) / width(1)).toBeLessThan(2.6);
});

test.each([
  ['two documents', 2, 1],
  ['five documents', 5, 1],
  ['thirteen documents', 13, 1],
  ['twenty buckets in blocks of five', 20, 5],
])('of 400 intervals over %s about 380 hold the true mean', (_, count, block) => {
  const held = Array.from({ length: 400 }, (_, i) => {
    const { low, high } = bootstrapMean(normals(count, 1000 + i), { samples: 400, seed: i, block });
    return Number(low) < 0 && Number(high) > 0;
  }).filter(Boolean).length;
  expect(held).toBeGreaterThan(360);
  expect(held).toBeLessThan(398);
});

test('of fewer than two blocks there is no interval', () => {
  expect(bootstrapMean([1, 2, 6], { block: 3 })).toEqual({ mean: 3, low: null, high: null, n: 3 });
  expect(bootstrapMean([1, 2, 6], { block: 2 }).low).toBeNull();
  expect(bootstrapMean([1, 2, 6, 9], { block: 2 }).low).not.toBeNull();
});

test('a value counts by its weight', () => {
  const { mean, low, high } = bootstrapMean([1, 5, 3, 4], { weights: [3, 1, 1, 1] });
  expect(mean).toBe(2.5);
  expect(Number(low)).toBeLessThan(2.5);
  expect(Number(high)).toBeGreaterThan(2.5);
  const alike = bootstrapMean([1, 5, 3], { weights: [2, 2, 2] });
  expect(alike).toEqual(bootstrapMean([1, 5, 3]));
});

test('any statistic of the units drawn has an interval', () => {
  const values = normals(60, 8);
  const largest = bootstrapStatistic(60, (drawn) => Math.max(...Array.from(drawn, (i) => values[i])));
  expect(largest.mean).toBe(Math.max(...values));
  const mean = bootstrapStatistic(60, (drawn) => drawn.reduce((sum, i) => sum + values[i], 0) / 60);
  expect(mean.low).toBeCloseTo(Number(bootstrapMean(values).low), 12);
});

test('equal values have no interval: one without width would claim certainty', () => {
  expect(bootstrapMean([2, 2, 2])).toEqual({ mean: 2, low: null, high: null, n: 3 });
});

test('of one value there is a mean and no interval', () => {
  expect(bootstrapMean([7])).toEqual({ mean: 7, low: null, high: null, n: 1 });
});

test('an interval is shown behind its mean, and left out where there is none', () => {
  expect(formatInterval({ mean: 1.234, low: -1, high: 2, n: 5 }, 2)).toBe('1.23 [-1.00, 2.00]');
  expect(formatInterval({ mean: 1.234, low: null, high: null, n: 1 }, 2)).toBe('1.23');
});
