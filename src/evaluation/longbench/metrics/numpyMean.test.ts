// NumPy's mean and rounding against NumPy.
import { expect, test } from 'vitest';
import { numpyHundredths, numpyMean } from './numpyMean.ts';
import { pythonVectors } from './pythonVectors.testing.ts';

test("every mean is NumPy's to the last bit, which a plain loop misses", () => {
  let missed = 0;
  for (const [values, mean] of pythonVectors.means) {
    expect(numpyMean(values), `${values.length} values`).toBe(mean);
    if (values.reduce((sum, value) => sum + value, 0) / values.length !== mean) missed++;
  }
  expect(missed).toBeGreaterThan(0);
});

test("hundredths are rounded after the multiplication, unlike Python's", () => {
  for (const [x, , numpy] of pythonVectors.hundredths) expect(numpyHundredths(x), String(x)).toBe(numpy);
  expect(numpyHundredths(2.675)).toBe(2.68);
});

test('the mean of nothing is NaN', () => {
  expect(numpyMean([])).toBeNaN();
});
