// The negative log-likelihood of given texts, each read under its own cache: what the evaluation is made of, and
// `model.perplexity`. Rows step together (2 to 3 times the throughput of one by one); each row's numbers are those
// that it has alone. Sums and means are the caller's.
import { TreekvError } from '../core/index.ts';
import type { Engine } from '../engine/index.ts';
import type { CachePlan } from '../policies/index.ts';
import { Batch, type StepTimes } from './batch.ts';
import type { RowInput } from './batchStep.ts';
import { CacheMeter } from './cacheMeter.ts';
import { mostScored, nextChunks } from './chunks.ts';
import { openCache } from './heldSequence.ts';
import { requireRunInWindow } from './slidingWindow.ts';

/** A text to score, or a part of one. */
export interface ScoreRow {
  /** [n] what the model reads, BOS included; ids[i] is read before targets[i] is scored. */
  readonly ids: Int32Array;
  /** [n] the tokens that follow; -1 where the one that follows is not scored, which saves projecting it. */
  readonly targets: Int32Array;
  readonly plan: CachePlan;
}

export interface ScoreOptions {
  /** Tokens a run once entries are evicted; budget + chunk entries are visible. @default 1 */
  readonly chunk?: number;
  readonly signal?: AbortSignal;
  /** Called after each run. */
  readonly onProgress?: (progress: ScoreProgress) => void;
}

export interface ScoreProgress {
  /** Tokens read and to be read, all rows together. */
  readonly done: number;
  readonly total: number;
  /** Bytes allocated for the cache. */
  readonly cacheBytes: number;
  /** Per row, the negative log-likelihoods so far, summed, and how many they are. */
  readonly sums: readonly number[];
  readonly counts: readonly number[];
  /** Per row, the bytes of the cache that are its own, at their most. */
  readonly rowBytes: readonly number[];
}

/** What a row came to. */
export interface ScoreResult {
  /** [n] negative log-likelihood of each target, natural logarithm; NaN where the target is -1. */
  readonly nll: Float32Array;
  /** Most entries per head that attention saw in a step, new ones included. */
  readonly entriesVisible: number;
  /** Most bytes allocated for its keys, values and slot numbers. */
  readonly cacheBytes: number;
  /** Mean of those bytes over the tokens read. */
  readonly meanCacheBytes: number;
}

/** Scores all rows together. Throws ABORTED, ENGINE_FAILED if a likelihood is no number, or UNSUPPORTED if a row would leave the model's sliding window. */
export async function score(
  engine: Engine,
  rows: readonly ScoreRow[],
  options: ScoreOptions = {},
): Promise<{ readonly results: ScoreResult[]; readonly times: StepTimes; readonly cacheBytes: number }> {
  const { chunk = 1, signal, onProgress } = options;
  const { vocabSize, slidingWindow } = engine.config;
  for (const { ids, plan } of rows) requireRunInWindow(slidingWindow, plan, { chunk, tokens: ids.length });
  const batch = new Batch(engine, rows.length);
  const nll = rows.map(({ ids }) => new Float32Array(ids.length).fill(Number.NaN));
  const entriesVisible = rows.map(() => 0);
  const sums = rows.map(() => 0);
  const counts = rows.map(() => 0);
  const meters = rows.map(() => new CacheMeter());
  const total = rows.reduce((sum, { ids }) => sum + ids.length, 0);
  let done = 0;
  let cacheBytes = 0;
  try {
    // active[i] is the row of the request that the batch holds in row i
    const active: number[] = [];
    for (const [index, { ids, plan }] of rows.entries()) {
      if (ids.length === 0) continue;
      batch.add(await openCache(engine, plan));
      active.push(index);
    }
    while (active.length > 0) {
      if (signal?.aborted) throw new TreekvError('ABORTED', 'Scoring was aborted.', { done, total });
      const remaining = batch.sequences.map(({ seen }, i) => rows[active[i]].ids.length - seen);
      const lengths = nextChunks(batch.sequences, remaining, chunk, mostScored(vocabSize, active.length));
      const inputs: RowInput[] = batch.sequences.map((cache, i) => {
        const { ids, targets } = rows[active[i]];
        const [from, to] = [cache.seen, cache.seen + lengths[i]];
        const visible = cache.layers[0].order.count + lengths[i];
        entriesVisible[active[i]] = Math.max(entriesVisible[active[i]], visible);
        return { ids: ids.subarray(from, to), targets: targets.subarray(from, to) };
      });
      const output = await batch.step(inputs);
      for (const [i, cache] of batch.sequences.entries()) {
        const row = active[i];
        const { targets } = rows[row];
        let scored = 0;
        for (let at = cache.seen - lengths[i]; at < cache.seen; at++) {
          if (targets[at] < 0) continue;
          const value = output.nll[i]?.[scored++] ?? Number.NaN;
          nll[row][at] = value;
          sums[row] += value;
        }
        counts[row] += scored;
        meters[row].note(batch.bytes / batch.store.rows, lengths[i]);
        done += lengths[i];
      }
      cacheBytes = Math.max(cacheBytes, batch.bytes);
      onProgress?.({ done, total, cacheBytes, sums, counts, rowBytes: meters.map(({ peak }) => peak) });
      for (let i = active.length - 1; i >= 0; i--) {
        if (batch.sequences[i].seen < rows[active[i]].ids.length) continue;
        batch.remove(i);
        active[i] = active[active.length - 1];
        active.pop();
      }
    }
  } finally {
    batch.dispose();
  }
  const results = rows.map((_, i) => ({
    nll: nll[i],
    entriesVisible: entriesVisible[i],
    cacheBytes: meters[i].peak,
    meanCacheBytes: meters[i].mean,
  }));
  return { results, times: batch.times, cacheBytes };
}
