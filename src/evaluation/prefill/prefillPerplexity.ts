// What a compressed prompt is still worth: a text's first P tokens are read, brought down to a budget, and the
// tokens that follow are scored one by one. The methods that compress at once share one reading with full
// attention, each compressing it anew; the policies that evict while they read have readings of their own. It
// runs beside the engine, since the full cache is to be kept between the cases.
import { TreekvError } from '../../core/index.ts';
import {
  Batch,
  compressPrompt,
  type LocalModel,
  nextChunk,
  openCache,
  type PromptReading,
  readPrompt,
} from '../../generation/index.ts';
import { findPolicy } from '../../policies/index.ts';
import { type FullPrefillPlan, scoredQueries } from '../../prefill/index.ts';
import { groupByBudget } from '../groupByBudget.ts';
import { meanEntries } from '../meanEntries.ts';
import { requireRunning } from '../requireRunning.ts';
import type { PrefillCase } from './prefillCases.ts';
import { type PrefillLengths, prefillLengths } from './prefillLengths.ts';

/** One text, and the cases that read it. */
export interface PrefillRequest extends PrefillLengths {
  /** [at least prompt + scored + 1] tokens, BOS included. */
  readonly ids: Int32Array;
  /** The ways to compare. */
  readonly cases: readonly PrefillCase[];
  /** Ends the run with `ABORTED`. @default none */
  readonly signal?: AbortSignal;
  /** Called after the shared reading, and after each case. */
  readonly onProgress?: (what: string) => void;
}

/** One case over one text. */
export interface PrefillResult {
  /** The case, as tables name it. */
  readonly name: string;
  /** Mean negative log-likelihood of the scored tokens, natural logarithm; summed in float64. */
  readonly nll: number;
  /** Entries per KV head after the prompt, in the mean over the layers. */
  readonly entriesKept: number;
  /** Most bytes that the caches of this case would hold alone, the full one and what stays of it together. */
  readonly peakCacheBytes: number;
  /** Bytes of the cache after the last scored token. */
  readonly finalCacheBytes: number;
}

/** A request with its numbers decided. */
type Decided = PrefillRequest & Required<PrefillLengths>;

interface FullCase extends PrefillCase {
  readonly prefill: FullPrefillPlan;
}

/** Scores all cases, in the order asked for. Throws BAD_OPTION, ABORTED or UNSUPPORTED. */
export async function prefillPerplexity(
  model: LocalModel,
  request: PrefillRequest,
): Promise<PrefillResult[]> {
  const decided: Decided = { ...request, ...prefillLengths(request) };
  const { ids, prompt, scored, cases, signal } = decided;
  if (ids.length < prompt + scored + 1) {
    const message = `The text has ${ids.length} tokens; ${prompt} + ${scored} + 1 are needed.`;
    throw new TreekvError('BAD_OPTION', message, { tokens: ids.length, prompt, scored });
  }
  const results = new Map<string, PrefillResult>();
  const done = (result: PrefillResult): void => {
    requireRunning(signal);
    results.set(result.name, result);
    request.onProgress?.(result.name);
  };
  await scoreFull(
    model,
    decided,
    cases.filter((one): one is FullCase => one.prefill.mode === 'full'),
    done,
  );
  const chunked = cases.filter(({ prefill }) => prefill.mode === 'chunked');
  for (const group of groupByBudget(chunked, ({ cache }) => cache.budget)) {
    await scoreChunked(model, decided, group, done);
  }
  return cases.flatMap(({ name }) => results.get(name) ?? []);
}

/** The cases that share one reading; that which keeps all goes on in the reading itself, so it is last. */
async function scoreFull(
  model: LocalModel,
  { ids, prompt, scored, signal, onProgress }: Decided,
  cases: readonly FullCase[],
  done: (result: PrefillResult) => void,
): Promise<void> {
  if (cases.length === 0) return;
  const reading = await readPrompt(model.engine, ids.subarray(0, prompt), undefined, {
    // A text from its start has the same positions by place and absolute, so any case's plan will do.
    plan: cases[0].cache,
    windows: cases.map(({ prefill }) => scoredQueries(prefill, prompt)),
    ...(signal !== undefined && { signal }),
  });
  const { batch, mass } = reading;
  onProgress?.(`full attention over ${prompt} tokens`);
  try {
    for (const one of cases) {
      if (one.prefill.budget === null) continue;
      done(await scoreCompressed(model, reading, one, ids.subarray(prompt), scored));
    }
    mass.asking = [];
    const whole = cases.filter(({ prefill }) => prefill.budget === null);
    if (whole.length === 0) return;
    const [nll] = await scoreNext(batch, ids.subarray(prompt), scored);
    const bytes = { peakCacheBytes: batch.bytes, finalCacheBytes: batch.bytes };
    for (const { name } of whole) done({ name, nll, entriesKept: prompt, ...bytes });
  } finally {
    batch.dispose();
  }
}

async function scoreCompressed(
  { engine }: LocalModel,
  reading: PromptReading,
  { name, prefill, cache }: FullCase,
  ids: Int32Array,
  scored: number,
): Promise<PrefillResult> {
  const compressed = await compressPrompt(engine, reading, prefill, cache, await findPolicy(cache.policy));
  const { batch } = compressed;
  const entriesKept = meanEntries(compressed.cache);
  const [nll] = await scoreNext(batch, ids, scored);
  const finalCacheBytes = batch.bytes;
  batch.dispose();
  return { name, nll, entriesKept, peakCacheBytes: compressed.peakBytes, finalCacheBytes };
}

/** Cases that evict while they read; equal budgets read in equal chunks, as rows of one batch. */
async function scoreChunked(
  { engine }: LocalModel,
  { ids, prompt, scored, chunk, signal }: Decided,
  cases: readonly PrefillCase[],
  done: (result: PrefillResult) => void,
): Promise<void> {
  const batch = new Batch(engine, cases.length);
  try {
    for (const { cache } of cases) {
      batch.add(await openCache(engine, cache));
    }
    const [first] = batch.sequences;
    while (first.seen < prompt) {
      requireRunning(signal);
      const from = first.seen;
      const part = ids.subarray(from, from + nextChunk(first, prompt - from, chunk));
      await batch.step(cases.map(() => ({ ids: part, silent: true })));
    }
    const kept = batch.sequences.map(meanEntries);
    const means = await scoreNext(batch, ids.subarray(prompt), scored);
    const bytes = batch.bytes / cases.length;
    for (const [row, { name }] of cases.entries()) {
      done({
        ...{ name, nll: means[row], entriesKept: kept[row] },
        ...{ peakCacheBytes: bytes, finalCacheBytes: bytes },
      });
    }
  } finally {
    batch.dispose();
  }
}

/** Per row, the mean negative log-likelihood of ids[1] .. ids[scored], read token by token. */
async function scoreNext(batch: Batch, ids: Int32Array, scored: number): Promise<number[]> {
  const sums = batch.sequences.map(() => 0);
  for (let t = 0; t < scored; t++) {
    const input = { ids: ids.subarray(t, t + 1), targets: ids.subarray(t + 1, t + 2) };
    const { nll } = await batch.step(batch.sequences.map(() => input));
    for (const [row, values] of nll.entries()) sums[row] += values?.[0] ?? Number.NaN;
  }
  return sums.map((sum) => sum / scored);
}
