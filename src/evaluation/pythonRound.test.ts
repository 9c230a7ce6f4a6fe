// Rounding against Python's own.
import { expect, test } from 'vitest';
import { pythonVectors } from './longbench/metrics/pythonVectors.testing.ts';
import { roundHalfEven, roundToHundredths } from './pythonRound.ts';

test('ties go to the even number, where toFixed goes up', () => {
  expect(roundToHundredths(0.125)).toBe(0.12);
  expect(Number((0.125).toFixed(2))).toBe(0.13);
  expect([0.5, 1.5, 2.5, -1.5, -2.5].map(roundHalfEven)).toEqual([0, 2, 2, -2, -2]);
  // no tie: the double lies below
  expect(roundToHundredths(2.675)).toBe(2.67);
});

test('every number is rounded as Python rounds it', () => {
  for (const [x, python] of pythonVectors.hundredths) expect(roundToHundredths(x), String(x)).toBe(python);
  for (const [x, python] of pythonVectors.integers) expect(roundHalfEven(x), String(x)).toBe(python);
});
