// The demo's measurement: one text read once under several caches, with exact figures at the end. Full
// attention stops at twice the trained context, where it has broken: reading on would only cost more and
// more time. Bounded caches read all of the text, together as rows of one batch.
import type { NamedPlan } from '../evaluation/index.ts';
import type { Model, ScoreResult } from '../generation/index.ts';
import type { CachePlan } from '../policies/index.ts';
import { liveReadings } from './liveReadings.ts';
import { RECENT_TOKENS, type Reading, ReadingTracker } from './readingTracker.ts';

/** A policy's reading, whole. */
export interface FinalReading extends Reading {
  readonly cache: CachePlan;
  /** Over the first tokens, as many as the model's trained context. */
  readonly trainedPerplexity: number;
  /** Most entries per head that attention saw at once. */
  readonly entriesVisible: number;
}

export interface PoliciesRead {
  /** Tokens of the text, BOS included. */
  readonly tokens: number;
  readonly readings: readonly FinalReading[];
}

export interface ReadOptions {
  /** Tokens read at once when a cache is full. */
  readonly chunk: number;
  readonly json: boolean;
  readonly signal: AbortSignal;
}

/** Tokens that full attention reads, in trained contexts. */
export const FULL_CONTEXTS = 2;

/** Reads `text` under each cache, and shows how it goes. */
export async function readPolicies(
  model: Model,
  text: string,
  plans: readonly NamedPlan[],
  { chunk, json, signal }: ReadOptions,
): Promise<PoliciesRead> {
  const names = plans.map(({ name }) => name);
  const trained = model.config.maxPositions;
  const tracker = new ReadingTracker(names, performance.now());
  const live = liveReadings(names, json);
  const results: ScoreResult[] = [];
  let tokens = 0;
  const read = async (rows: readonly number[], limit: number | null): Promise<void> => {
    if (rows.length === 0) return;
    const request = { texts: [text], plans: rows.map((row) => plans[row].plan), limit, chunk };
    const { texts } = await model.score(request, signal, (progress) => {
      tracker.update(progress, rows, performance.now());
      live.show(tracker.readings());
    });
    for (const [i, row] of rows.entries()) results[row] = texts[0].results[i];
    tokens = texts[0].tokens + (texts[0].bos ? 1 : 0);
  };
  const isFull = (row: number): boolean => plans[row].plan.budget === null;
  const all = [...plans.keys()];
  try {
    await read(all.filter(isFull), FULL_CONTEXTS * trained);
    await read(
      all.filter((row) => !isFull(row)),
      null,
    );
  } finally {
    live.stop();
  }
  const readings = tracker.readings().map((reading, row): FinalReading => {
    const { nll, entriesVisible, cacheBytes } = results[row];
    return {
      ...reading,
      cache: plans[row].plan,
      perplexity: perplexity(nll),
      trainedPerplexity: perplexity(nll.subarray(0, trained)),
      recentPerplexity: perplexity(nll.subarray(-RECENT_TOKENS)),
      entriesVisible,
      cacheBytes,
    };
  });
  return { tokens, readings };
}

/** exp of the mean, summed in float64. */
function perplexity(nll: Float32Array): number {
  return Math.exp(nll.reduce((sum, value) => sum + value, 0) / nll.length);
}
