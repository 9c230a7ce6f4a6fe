// Quantiles against the tables of textbooks.
import { expect, test } from 'vitest';
import { normalQuantile, studentQuantile } from './quantile.ts';

test.each([
  [0.95, 1, 12.706],
  [0.95, 2, 4.303],
  [0.95, 3, 3.182],
  [0.95, 4, 2.776],
  [0.95, 12, 2.179],
  [0.95, 30, 2.042],
  [0.9, 5, 2.015],
  [0.99, 10, 3.169],
] as const)('t of level %d with %d degrees of freedom is %d', (level, freedom, t) => {
  expect(studentQuantile(level, freedom)).toBeCloseTo(t, 3);
});

test('with many degrees of freedom t is the normal quantile', () => {
  for (const level of [0.9, 0.95, 0.99] as const) {
    expect(studentQuantile(level, 100_000)).toBeCloseTo(normalQuantile(level), 4);
  }
});
