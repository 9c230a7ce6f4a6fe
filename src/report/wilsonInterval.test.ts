// Wilson's interval: values computed by hand from the quadratic that defines it, and its edges.
import { expect, test } from 'vitest';
import { wilsonInterval } from './wilsonInterval.ts';

/** The two rates p at which (k / n - p)^2 = z^2 p (1 - p) / n, by bisection. */
function bySearch(k: number, n: number, z: number): { low: number; high: number } {
  const outside = (p: number): boolean => (k / n - p) ** 2 > (z * z * p * (1 - p)) / n;
  const search = (from: number, to: number): number => {
    let [out, inside] = [from, to];
    for (let i = 0; i < 200; i++) {
      const middle = (out + inside) / 2;
      if (outside(middle)) out = middle;
      else inside = middle;
    }
    return inside;
  };
  return { low: search(0, k / n), high: search(1, k / n) };
}

test.each([
  [3, 10, 0.95, 1.959963984540054],
  [5, 10, 0.9, 1.6448536269514722],
  [97, 100, 0.99, 2.5758293035489004],
] as const)('%i of %i at %f solves the equation that defines it', (k, n, level, z) => {
  const { low, high } = wilsonInterval(k, n, level);
  const expected = bySearch(k, n, z);
  expect(low).toBeCloseTo(expected.low, 10);
  expect(high).toBeCloseTo(expected.high, 10);
});

test('no success leaves an interval that begins at 0, all successes one that ends at 1', () => {
  expect(wilsonInterval(0, 10).low).toBeCloseTo(0, 12);
  expect(wilsonInterval(0, 10).high).toBeCloseTo(0.2775, 4);
  expect(wilsonInterval(10, 10).high).toBeCloseTo(1, 12);
});

test('without a trial nothing is known', () => {
  expect(wilsonInterval(0, 0)).toEqual({ low: 0, high: 1 });
});
