// How far a mean may be trusted: the percentile bootstrap (Efron 1979) over units that were drawn
// independently, such as documents. Paired comparisons hand in the differences. Equal input and seed give the
// same interval on every machine. Units in a row that resemble their neighbours, such as stretches of one text,
// are drawn as blocks of neighbours (the circular block bootstrap, Politis and Romano 1992). It does not know which
// of the two its units are: tokens of one document are not independent.
import { Random } from '../core/index.ts';

/** A mean and the interval around it. */
export interface MeanInterval {
  readonly mean: number;
  /** Of fewer than two values an interval cannot be had: null. */
  readonly low: number | null;
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
  /** Share of resampled means inside the interval. @default 0.95 */
  readonly level?: number;
}

/** The mean of `values` with its interval. */
export function bootstrapMean(values: readonly number[], options: BootstrapOptions = {}): MeanInterval {
  const { samples = 10_000, block = 1, seed = 0, level = 0.95 } = options;
  const n = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  if (n < 2) return { mean, low: null, high: null, n };
  const random = new Random(seed);
  const means = new Float64Array(samples);
  for (let s = 0; s < samples; s++) {
    let sum = 0;
    for (let drawn = 0; drawn < n; drawn += block) {
      const start = Math.floor(random.next() * n);
      for (let i = 0; i < Math.min(block, n - drawn); i++) sum += values[(start + i) % n];
    }
    means[s] = sum / n;
  }
  means.sort();
  const tail = (1 - level) / 2;
  return { mean, low: quantile(means, tail), high: quantile(means, 1 - tail), n };
}

/** `mean [low, high]` as tables show it. @param digits behind the point. */
export function formatInterval({ mean, low, high }: MeanInterval, digits: number): string {
  const shown = mean.toFixed(digits);
  return low === null || high === null ? shown : `${shown} [${low.toFixed(digits)}, ${high.toFixed(digits)}]`;
}

/** The value below which a share of the sorted values lies, interpolated between neighbours. */
function quantile(sorted: Float64Array, share: number): number {
  const place = share * (sorted.length - 1);
  const below = Math.floor(place);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
}
