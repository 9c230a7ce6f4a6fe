// How far a mean, or a slope, may be trusted: the percentile bootstrap (Efron 1979) over units that were drawn
// independently, such as documents. Of few units it is too narrow (of five, "95 %" holds in 83 % of cases), so it is
// widened by what separates it from Student's t there, sqrt(n / (n - 1)) t / z (Hesterberg 2015 gives the reason).
// Paired comparisons hand in the differences. Equal input and seed give the same interval on every machine. Units in a
// row that resemble their neighbours, such as stretches of one text, are drawn as blocks of neighbours (the circular
// block bootstrap, Politis and Romano 1992). It does not know which of the two its units are: tokens of one document
// are not independent.
import { Random } from '../core/index.ts';
import { type Level, normalQuantile, studentQuantile } from './quantile.ts';

/** A mean and the interval around it. */
export interface MeanInterval {
  /** The mean. */
  readonly mean: number;
  /** Null where the values cannot tell: fewer than two of them, or of blocks, or all equal. */
  readonly low: number | null;
  /** As `low`, the upper end. */
  readonly high: number | null;
  /** Values. */
  readonly n: number;
}

export interface BootstrapOptions {
  /** Resamples drawn. @default 10,000 */
  readonly samples?: number;
  /** Neighbours drawn together; the last value is the first one's neighbour. @default 1 */
  readonly block?: number;
  /** @default 0 */
  readonly seed?: number;
  /** Share of cases in which the interval holds the true mean. @default 0.95 */
  readonly level?: Level;
}

/** The mean of `values` with its interval. @param weights of the values, such as tokens. @default 1 each */
export function bootstrapMean(
  values: readonly number[],
  { weights, ...options }: BootstrapOptions & { readonly weights?: readonly number[] } = {},
): MeanInterval {
  return bootstrapStatistic(
    values.length,
    (drawn) => {
      let [sum, weight] = [0, 0];
      for (const i of drawn) {
        const own = weights?.[i] ?? 1;
        sum += own * values[i];
        weight += own;
      }
      return sum / weight;
    },
    options,
  );
}

/**
 * A statistic of `n` units with its interval.
 * @param statistic of the units whose indices are drawn; the array is used again for the next draw.
 */
export function bootstrapStatistic(
  n: number,
  statistic: (drawn: Int32Array) => number,
  { samples = 10_000, block = 1, seed = 0, level = 0.95 }: BootstrapOptions = {},
): MeanInterval {
  const mean = statistic(Int32Array.from({ length: n }, (_, i) => i));
  const independent = Math.floor(n / block);
  if (independent < 2) return { mean, low: null, high: null, n };
  const random = new Random(seed);
  const drawn = new Int32Array(n);
  const found = new Float64Array(samples);
  for (let s = 0; s < samples; s++) {
    for (let at = 0; at < n; at += block) {
      const start = Math.floor(random.next() * n);
      for (let i = 0; i < Math.min(block, n - at); i++) drawn[at + i] = (start + i) % n;
    }
    found[s] = statistic(drawn);
  }
  found.sort();
  // equal units resample to themselves: an interval without width would claim a certainty that nobody has
  if (found[0] === found[samples - 1]) return { mean, low: null, high: null, n };
  const tail = (1 - level) / 2;
  const wider = widening(independent, level);
  return {
    mean,
    low: mean + wider * (quantile(found, tail) - mean),
    high: mean + wider * (quantile(found, 1 - tail) - mean),
    n,
  };
}

/** `mean [low, high]` as tables show it. @param digits behind the point. */
export function formatInterval({ mean, low, high }: MeanInterval, digits: number): string {
  const shown = mean.toFixed(digits);
  return low === null || high === null ? shown : `${shown} [${low.toFixed(digits)}, ${high.toFixed(digits)}]`;
}

/** How much wider than a percentile interval one must be that rests on so few independent units. */
function widening(units: number, level: Level): number {
  return (Math.sqrt(units / (units - 1)) * studentQuantile(level, units - 1)) / normalQuantile(level);
}

/** The value below which a share of the sorted values lies, interpolated between neighbours. */
function quantile(sorted: Float64Array, share: number): number {
  const place = share * (sorted.length - 1);
  const below = Math.floor(place);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
}
