// What follows from a stream's buckets: means, differences between policies and how those change with length, with
// intervals, and whether time and memory stayed flat. A pure function of the result. How hard the texts are changes
// along the stream far more than what tells policies apart, so only differences have a course that says something of
// policies. Buckets of one text resemble their neighbours: intervals are those of a block bootstrap over buckets, each
// counting as many tokens as it scored.
import {
  type BootstrapOptions,
  bootstrapMean,
  bootstrapStatistic,
  type MeanInterval,
} from '../../report/index.ts';
import type { StreamBucket } from './bucketMeter.ts';
import type { StreamProtocol } from './streamProtocol.ts';

/** How one policy did. */
export interface PolicySummary {
  readonly name: string;
  /** Mean negative log-likelihood over all tokens scored, natural logarithm. */
  readonly nll: number;
  /** The same over the buckets that begin in the last tenth of the stream, or over the last bucket. */
  readonly lastTenth: number;
}

/** How much more (or less) one policy's mean negative log-likelihood is than another's, over all tokens. */
export interface PolicyDifference extends MeanInterval {
  readonly policy: string;
  readonly minus: string;
  /** What the difference gains when the length doubles: weighted least squares over buckets; null below 3. */
  readonly perDoubling: MeanInterval | null;
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

/** Memory of the process, over the buckets that its last start measured from their beginning and with full caches. */
export interface MemorySummary {
  readonly firstRssBytes: number;
  readonly lastRssBytes: number;
  /** Last less first. */
  readonly growthMebibytes: number;
  /** Most less least. */
  readonly rangeMebibytes: number;
  /** Indices in the stream at which those buckets begin and end. */
  readonly from: number;
  readonly to: number;
}

/** What a stream comes to. */
export interface StreamSummary {
  /** Each policy over the whole stream. */
  readonly policies: readonly PolicySummary[];
  /** All pairs, in the order of the policies. */
  readonly differences: readonly PolicyDifference[];
  /** How the intervals were made, and of what. */
  readonly bootstrap: { readonly unit: string } & Required<BootstrapOptions>;
  /** Time and memory of the policies that were read together. */
  readonly batches: readonly BatchSummary[];
  /** null if fewer than two buckets say something of it. */
  readonly memory: MemorySummary | null;
  /** States from which the run went on: processes that measured it, less one. */
  readonly restarts: number;
}

const MEBIBYTE = 2 ** 20;

/** Sums a run up. @param buckets in their order, without a gap. */
export function summariseStream(protocol: StreamProtocol, buckets: readonly StreamBucket[]): StreamSummary {
  const { policies, tokens, bucket } = protocol;
  const names = policies.map(({ name }) => name);
  const scored = buckets.filter((one) => one.scored > 0);
  const block = Math.ceil(Math.sqrt(scored.length));
  const options = { samples: 10_000, block, seed: 0, level: 0.95 } as const;
  const tenth = scored.filter(({ from }) => from >= 0.9 * tokens);
  const pairs = names.flatMap((_, a) => names.slice(a + 1).map((_, i) => [a, a + 1 + i] as const));
  const full = buckets.filter(({ from }) => from >= fullFrom(protocol));
  return {
    policies: names.map((name, p) => ({
      name,
      nll: meanNll(scored, p),
      lastTenth: meanNll(tenth.length > 0 ? tenth : scored.slice(-1), p),
    })),
    differences: pairs.map(([a, b]) => {
      const values = scored.map((one) => meanNll([one], a) - meanNll([one], b));
      const weights = scored.map((one) => one.scored);
      return {
        ...{ policy: names[a], minus: names[b] },
        ...bootstrapMean(values, { weights, ...options }),
        perDoubling: perDoubling(scored, values, options),
      };
    }),
    bootstrap: { unit: `buckets of ${bucket} tokens, circular blocks of ${block}`, ...options },
    batches: protocol.batches.map((members, b) => ({
      policies: members,
      cacheBytes: most(buckets.map(({ measured }) => measured.cacheBytes[b])),
      ...timeOf(full, b),
    })),
    memory: memoryOf(full),
    restarts: most(buckets.map(({ measured }) => measured.restarts)),
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

/** The slope of values against the binary logarithm of their buckets' middle. */
function perDoubling(
  buckets: readonly StreamBucket[],
  values: readonly number[],
  options: BootstrapOptions,
): MeanInterval | null {
  if (buckets.length < 3) return null;
  const lengths = buckets.map(({ from, to }) => Math.log2((from + to) / 2));
  return bootstrapStatistic(
    buckets.length,
    (drawn) => {
      let [weight, x, y] = [0, 0, 0];
      for (const i of drawn) {
        weight += buckets[i].scored;
        x += buckets[i].scored * lengths[i];
        y += buckets[i].scored * values[i];
      }
      let [common, spread] = [0, 0];
      for (const i of drawn) {
        const apart = lengths[i] - x / weight;
        common += buckets[i].scored * apart * (values[i] - y / weight);
        spread += buckets[i].scored * apart * apart;
      }
      // one bucket drawn over and over has no slope
      return spread === 0 ? 0 : common / spread;
    },
    options,
  );
}

function timeOf(
  full: readonly StreamBucket[],
  batch: number,
): Pick<BatchSummary, 'firstQuarter' | 'lastQuarter' | 'ratio'> {
  const perToken = full.map(({ from, to, measured }) => measured.milliseconds[batch] / (to - from));
  // a bucket is not to be compared with itself
  if (perToken.length < 2) return { firstQuarter: null, lastQuarter: null, ratio: null };
  const quarter = Math.ceil(perToken.length / 4);
  const firstQuarter = median(perToken.slice(0, quarter));
  const lastQuarter = median(perToken.slice(-quarter));
  return { firstQuarter, lastQuarter, ratio: lastQuarter / firstQuarter };
}

function memoryOf(full: readonly StreamBucket[]): MemorySummary | null {
  const restarts = full.at(-1)?.measured.restarts;
  // What another process held resident is no measure of this one's growth; the bucket that it left open is of both.
  const own = full.filter(
    ({ measured }, b) =>
      measured.restarts === restarts &&
      (b === 0 ? restarts === 0 : full[b - 1].measured.restarts === restarts),
  );
  if (own.length < 2) return null;
  const bytes = own.map(({ measured }) => measured.rssBytes);
  const [firstRssBytes, lastRssBytes] = [bytes[0], bytes[bytes.length - 1]];
  return {
    firstRssBytes,
    lastRssBytes,
    growthMebibytes: (lastRssBytes - firstRssBytes) / MEBIBYTE,
    rangeMebibytes: (most(bytes) + most(bytes.map((one) => -one))) / MEBIBYTE,
    from: own[0].from,
    to: own[own.length - 1].to,
  };
}

function most(values: readonly number[]): number {
  return values.reduce((largest, value) => Math.max(largest, value), Number.NEGATIVE_INFINITY);
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}
