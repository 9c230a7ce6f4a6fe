// What the demo's table shows of texts being read: per policy, how far, how well so far and lately, the
// memory, the speed. Figures come from a run's progress; the clock is handed in.
import type { ScoreProgress } from '../generation/index.ts';

/** Tokens that count as lately: few enough for a break to show at once. */
export const RECENT_TOKENS = 1024;

/** One policy's reading. */
export interface Reading {
  readonly policy: string;
  /** Tokens read; 0 before its turn. */
  readonly tokens: number;
  /** Tokens that it will have read in the end; 0 before its turn. */
  readonly total: number;
  /** Over all tokens read. */
  readonly perplexity: number;
  /** Over the last RECENT_TOKENS; up to a chunk more, since figures come once a chunk. */
  readonly recentPerplexity: number;
  /** Bytes allocated for its cache, as the engine says. */
  readonly cacheBytes: number;
  /** Over the last RECENT_TOKENS. */
  readonly tokensPerSecond: number;
}

interface Sample {
  readonly tokens: number;
  readonly sum: number;
  readonly time: number;
}

/** Follows several policies; rows that step together share the time. */
export class ReadingTracker {
  private readonly policies: readonly string[];
  // Per policy, samples from RECENT_TOKENS ago until now.
  private readonly samples: Sample[][];
  private readonly bytes: number[];
  private readonly totals: number[];
  private updated: number;

  /** @param now milliseconds of any clock, here and below. */
  constructor(policies: readonly string[], now: number) {
    this.policies = policies;
    this.samples = policies.map(() => []);
    this.bytes = policies.map(() => 0);
    this.totals = policies.map(() => 0);
    this.updated = now;
  }

  /** @param rows the policy of each of the run's rows, by number; all read the same text. */
  update({ sums, counts, rowBytes, total }: ScoreProgress, rows: readonly number[], now: number): void {
    for (const [i, row] of rows.entries()) {
      const samples = this.samples[row];
      this.bytes[row] = rowBytes[i];
      this.totals[row] = total / rows.length;
      if (counts[i] === (samples.at(-1)?.tokens ?? 0)) continue;
      // A row's first step began when the step before it, of whatever row, ended.
      if (samples.length === 0) samples.push({ tokens: 0, sum: 0, time: this.updated });
      samples.push({ tokens: counts[i], sum: sums[i], time: now });
      while (samples[1].tokens <= counts[i] - RECENT_TOKENS) samples.shift();
    }
    this.updated = now;
  }

  readings(): Reading[] {
    return this.policies.map((policy, i) => {
      const oldest = this.samples[i][0] ?? { tokens: 0, sum: 0, time: 0 };
      const newest = this.samples[i].at(-1) ?? oldest;
      const lately = newest.tokens - oldest.tokens;
      return {
        policy,
        tokens: newest.tokens,
        total: this.totals[i],
        perplexity: Math.exp(newest.sum / newest.tokens),
        recentPerplexity: Math.exp((newest.sum - oldest.sum) / lately),
        cacheBytes: this.bytes[i],
        tokensPerSecond: (1000 * lately) / (newest.time - oldest.time),
      };
    });
  }
}
