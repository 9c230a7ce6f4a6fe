// NumPy's mean and rounding, which LongBench-E's bucket scores went through where the other scores went through
// Python's own. The sum is pairwise, and hundredths are rounded after multiplying by 100; both can differ from the
// plain loop and from Python's `round` in the last digit that is printed.
import { roundHalfEven } from '../../pythonRound.ts';

/** `numpy.mean` of doubles; NaN of none. */
export function numpyMean(values: readonly number[]): number {
  return pairwiseSum(values, 0, values.length) / values.length;
}

/** `round(x, 2)` of a `numpy.float64`. */
export function numpyHundredths(x: number): number {
  return roundHalfEven(x * 100) / 100;
}

/** Below 8 values one by one, up to 128 in 8 interleaved sums, above in halves. */
function pairwiseSum(values: readonly number[], from: number, n: number): number {
  if (n < 8) {
    let sum = 0;
    for (let i = 0; i < n; i++) sum += values[from + i];
    return sum;
  }
  if (n > 128) {
    const half = Math.floor(n / 16) * 8;
    return pairwiseSum(values, from, half) + pairwiseSum(values, from + half, n - half);
  }
  const sums = new Float64Array(8);
  const whole = n - (n % 8);
  for (let i = 0; i < whole; i++) sums[i % 8] += values[from + i];
  let sum = sums[0] + sums[1] + (sums[2] + sums[3]) + (sums[4] + sums[5] + (sums[6] + sums[7]));
  for (let i = whole; i < n; i++) sum += values[from + i];
  return sum;
}
