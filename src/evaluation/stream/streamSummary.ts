// What follows from a stream's buckets: means, their course with length, differences between policies with
// intervals, and whether time and memory stayed flat. A pure function of the result. Buckets of one text resemble
// their neighbours, so intervals are those of a block bootstrap over buckets.
import { bootstrapMean, type MeanInterval } from '../../report/index.ts';
import type { StreamBucket } from './bucketMeter.ts';
import type { StreamProtocol } from './streamProtocol.ts';

/** How one policy did. */
export interface PolicySummary {
  readonly name: string;
  /** Mean negative log-likelihood over all tokens scored, natural logarithm. */
  readonly nll: number;
  /** The same over the buckets that begin in the last tenth of the stream, or over the last bucket. */
  readonly lastTenth: number;
  /** Least-squares slope of whole buckets' means against the binary logarithm of their middle; null below 3. */
  readonly perDoubling: number | null;
}

/** How much more (or less) one policy's mean negative log-likelihood is than another's, over whole buckets. */
export interface PolicyDifference extends MeanInterval {
  readonly policy: string;
  readonly minus: string;
}

/** What a batch cost once its caches were full. */
export interface BatchSummary {
  /** Policies that are its rows. */
  readonly policies: readonly string[];
  /** Most bytes allocated. */
  readonly cacheBytes: number;
  /** Milliseconds a token of the stream, all rows together: medians of the buckets of the first and last quarter. */
  readonly firstQuarter: number | null;
  readonly lastQuarter: number | null;
  /** lastQuarter / firstQuarter. */
  readonly ratio: number | null;
}

/** Memory of the process, over the buckets that its last start measured with full caches. */
export interface MemorySummary {
  readonly firstRssBytes: number;
  readonly lastRssBytes: number;
  /** Last less first. */
  readonly growthMebibytes: number;
  /** Indices in the stream at which those buckets begin and end. */
  readonly from: number;
  readonly to: number;
}

export interface StreamSummary {
  readonly policies: readonly PolicySummary[];
  /** All pairs, in the order of the policies. */
  readonly differences: readonly PolicyDifference[];
  readonly bootstrap: { readonly unit: string; readonly block: number; readonly level: number };
  readonly batches: readonly BatchSummary[];
  /** null if no bucket began with full caches. */
  readonly memory: MemorySummary | null;
  /** States from which the run went on: processes that measured it, less one. */
  readonly restarts: number;
}

const LEVEL = 0.95;

/** Sums a run up. @param buckets in their order, without a gap. */
export function summariseStream(protocol: StreamProtocol, buckets: readonly StreamBucket[]): StreamSummary {
  const { policies, tokens, bucket } = protocol;
  const names = policies.map(({ name }) => name);
  const whole = buckets.filter(({ from, to, scored }) => to - from === bucket && scored > 0);
  const block = Math.ceil(Math.sqrt(whole.length));
  const tenth = buckets.filter(({ from }) => from >= 0.9 * tokens);
  const pairs = names.flatMap((_, a) => names.slice(a + 1).map((_, i) => [a, a + 1 + i] as const));
  const full = buckets.filter(({ from }) => from >= fullFrom(protocol));
  return {
    policies: names.map((name, p) => ({
      name,
      nll: meanNll(buckets, p),
      lastTenth: meanNll(tenth.length > 0 ? tenth : buckets.slice(-1), p),
      perDoubling: slopePerDoubling(whole, p),
    })),
    differences:
      whole.length === 0
        ? []
        : pairs.map(([a, b]) => ({
            policy: names[a],
            minus: names[b],
            ...bootstrapMean(
              whole.map((one) => meanNll([one], a) - meanNll([one], b)),
              { block, level: LEVEL },
            ),
          })),
    bootstrap: { unit: `buckets of ${bucket} tokens, circular blocks of ${block}`, block, level: LEVEL },
    batches: protocol.batches.map((members, b) => ({
      policies: members,
      cacheBytes: Math.max(...buckets.map(({ measured }) => measured.cacheBytes[b])),
      ...timeOf(full, b),
    })),
    memory: memoryOf(full),
    restarts: Math.max(...buckets.map(({ measured }) => measured.restarts)),
  };
}

/** Mean negative log-likelihood of a policy over the tokens that buckets scored. */
export function meanNll(buckets: readonly StreamBucket[], policy: number): number {
  const sum = buckets.reduce((total, { sums }) => total + sums[policy], 0);
  return sum / buckets.reduce((total, { scored }) => total + scored, 0);
}

/** The position from which on all bounded caches are full. */
export function fullFrom({ policies }: StreamProtocol): number {
  return Math.max(...policies.map(({ cache }) => cache.budget ?? 0));
}

function slopePerDoubling(buckets: readonly StreamBucket[], policy: number): number | null {
  if (buckets.length < 3) return null;
  const x = buckets.map(({ from, to }) => Math.log2((from + to) / 2));
  const y = buckets.map((one) => meanNll([one], policy));
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const [middle, level] = [mean(x), mean(y)];
  const spread = x.reduce((sum, value) => sum + (value - middle) ** 2, 0);
  return x.reduce((sum, value, i) => sum + (value - middle) * (y[i] - level), 0) / spread;
}

function timeOf(
  full: readonly StreamBucket[],
  batch: number,
): Pick<BatchSummary, 'firstQuarter' | 'lastQuarter' | 'ratio'> {
  const perToken = full.map(({ from, to, measured }) => measured.milliseconds[batch] / (to - from));
  if (perToken.length === 0) return { firstQuarter: null, lastQuarter: null, ratio: null };
  const quarter = Math.ceil(perToken.length / 4);
  const firstQuarter = median(perToken.slice(0, quarter));
  const lastQuarter = median(perToken.slice(-quarter));
  return { firstQuarter, lastQuarter, ratio: lastQuarter / firstQuarter };
}

function memoryOf(full: readonly StreamBucket[]): MemorySummary | null {
  const last = full.at(-1);
  // What another process held resident is no measure of this one's growth.
  const first = full.find(({ measured }) => measured.restarts === last?.measured.restarts);
  if (first === undefined || last === undefined) return null;
  const firstRssBytes = first.measured.rssBytes;
  const lastRssBytes = last.measured.rssBytes;
  const growthMebibytes = (lastRssBytes - firstRssBytes) / 2 ** 20;
  return { firstRssBytes, lastRssBytes, growthMebibytes, from: first.from, to: last.to };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}
