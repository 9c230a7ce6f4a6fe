// How far a rate of successes may be trusted: Wilson's score interval (1927), which stays inside 0 .. 1 and is
// sound for few trials and for rates of 0 and 1, where the usual one has no width.

import { type Level, normalQuantile } from './quantile.ts';

/**
 * The interval of a rate of `successes` in `n` trials; 0 .. 1 without a trial.
 * @param level @default 0.95
 */
export function wilsonInterval(
  successes: number,
  n: number,
  level: Level = 0.95,
): { readonly low: number; readonly high: number } {
  if (n === 0) return { low: 0, high: 1 };
  const z = normalQuantile(level);
  const rate = successes / n;
  const scale = 1 + (z * z) / n;
  const middle = (rate + (z * z) / (2 * n)) / scale;
  const half = (z / scale) * Math.sqrt((rate * (1 - rate)) / n + (z * z) / (4 * n * n));
  return { low: Math.max(0, middle - half), high: Math.min(1, middle + half) };
}
