// How far scores may be trusted. Scores that are hits and misses have Wilson's interval, and two policies on the same
// prompts Newcombe's (1998, "Improved confidence intervals for the difference between binomial proportions based on
// paired data", method 10: Wilson's intervals joined, with the correlation of the pairs); both keep their width where
// all prompts agree. Scores between have bootstrap intervals, and none where all values are equal.
import { bootstrapMean, type MeanInterval, wilsonInterval } from '../../report/index.ts';

/** What these functions do, as results state it. @param units what is resampled. */
export function intervalsInWords(units: string): string {
  return (
    '95 %: of hits and misses Wilson, of their paired differences Newcombe (1998, method 10); of other scores ' +
    `bootstrap over ${units} (10,000 resamples, seed 0), none where all are equal`
  );
}

/** The mean of scores. */
export function scoreInterval(scores: readonly number[]): MeanInterval {
  if (!scores.every(isBinary) || scores.length === 0) return bootstrapMean(scores);
  const [n, hits] = [scores.length, scores.filter((score) => score === 1).length];
  return { mean: hits / n, ...wilsonInterval(hits, n), n };
}

/** The mean of the first scores less that of the second. @param second as many, of the same prompts. */
export function differenceInterval(first: readonly number[], second: readonly number[]): MeanInterval {
  if (first.every(isBinary) && second.every(isBinary) && first.length > 0) return newcombe(first, second);
  return bootstrapMean(first.map((score, i) => score - second[i]));
}

function isBinary(score: number): boolean {
  return score === 0 || score === 1;
}

function newcombe(first: readonly number[], second: readonly number[]): MeanInterval {
  const n = first.length;
  const count = (a: number, b: number): number =>
    first.filter((score, i) => score === a && second[i] === b).length;
  const [both, onlyFirst, onlySecond, neither] = [count(1, 1), count(1, 0), count(0, 1), count(0, 0)];
  const one = sides(both + onlyFirst, n);
  const other = sides(both + onlySecond, n);
  const phi = correlation(both, onlyFirst, onlySecond, neither);
  const mean = (onlyFirst - onlySecond) / n;
  const join = (a: number, b: number): number => Math.sqrt(Math.max(0, a * a - 2 * phi * a * b + b * b));
  return { mean, low: mean - join(one.below, other.above), high: mean + join(one.above, other.below), n };
}

/** How far Wilson's interval reaches to each side of a rate. */
function sides(hits: number, n: number): { readonly below: number; readonly above: number } {
  const { low, high } = wilsonInterval(hits, n);
  return { below: hits / n - low, above: high - hits / n };
}

/** Of a fourfold table, a positive one corrected for continuity; 0 where a margin is empty. */
function correlation(both: number, onlyFirst: number, onlySecond: number, neither: number): number {
  const margins = (both + onlyFirst) * (onlySecond + neither) * (both + onlySecond) * (onlyFirst + neither);
  if (margins === 0) return 0;
  const product = both * neither - onlyFirst * onlySecond;
  const n = both + onlyFirst + onlySecond + neither;
  return (product > 0 ? Math.max(0, product - n / 2) : product) / Math.sqrt(margins);
}
