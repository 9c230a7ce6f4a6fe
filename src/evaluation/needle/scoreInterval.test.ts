// Intervals of hits and misses and of scores between, and of what two policies differ by. Newcombe's bounds come from a
// second program after his formulas; the second is his table of airway responses (Bentur et al. 2009) as textbooks have it.
import { expect, test } from 'vitest';
import { differenceInterval, scoreInterval } from './scoreInterval.ts';

test('hits and misses have Wilson intervals, at rates of 0 and 1 too', () => {
  expect(scoreInterval([0, 0, 0, 0])).toMatchObject({ mean: 0, low: 0, n: 4 });
  expect(scoreInterval([0, 0, 0, 0]).high).toBeCloseTo(0.4899, 4);
  expect(scoreInterval([1, 1, 0, 1]).low).toBeCloseTo(0.3006, 4);
});

test('scores between have bootstrap intervals, and none where all are equal', () => {
  const { mean, low, high } = scoreInterval([0, 0.5, 1, 0.5]);
  expect(mean).toBe(0.5);
  expect(low).toBeLessThan(0.5);
  expect(high).toBeGreaterThan(0.5);
  expect(scoreInterval([0.5, 0.5])).toEqual({ mean: 0.5, low: null, high: null, n: 2 });
  expect(differenceInterval([0.5, 1], [0, 0.5])).toEqual({ mean: 0.5, low: null, high: null, n: 2 });
});

test.each([
  [36, 12, 2, 0, 0.05692958, 0.3404276],
  [1, 7, 1, 12, 0.02555912, 0.50692023],
  [0, 0, 0, 20, -0.16112516, 0.16112516],
  [20, 0, 0, 0, -0.16112516, 0.16112516],
  [9, 51, 0, 0, 0.72361147, 0.9190256],
  [29, 1, 0, 30, -0.02812429, 0.06109573],
  [3, 6, 6, 5, -0.31134339, 0.31134339],
])('of both %d, one %d, the other %d and neither %d the difference lies where Newcombe has it', (...row) => {
  const [both, one, other, neither, low, high] = row;
  const pairs = [
    ...Array.from({ length: both }, () => [1, 1]),
    ...Array.from({ length: one }, () => [1, 0]),
    ...Array.from({ length: other }, () => [0, 1]),
    ...Array.from({ length: neither }, () => [0, 0]),
  ];
  const found = differenceInterval(
    pairs.map(([a]) => a),
    pairs.map(([, b]) => b),
  );
  expect(found.mean).toBeCloseTo((one - other) / pairs.length, 12);
  expect(found.low).toBeCloseTo(low, 7);
  expect(found.high).toBeCloseTo(high, 7);
  expect(found.n).toBe(pairs.length);
});
