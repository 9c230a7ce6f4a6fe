// Reads one text under several policies side by side and writes down what each decides, and what that costs in
// attention. Policies never see each other: a row's decisions are those that it takes alone. A chunk decides what is
// kept, so each budget steps where it would alone, and the shadow stops wherever one of them does.
import { SequenceCache } from '../../cache/index.ts';
import { TreekvError } from '../../core/index.ts';
import type { Engine } from '../../engine/index.ts';
import { Batch, nextChunk } from '../../generation/index.ts';
import { findPolicy } from '../../policies/index.ts';
import { groupByBudget } from '../groupByBudget.ts';
import type { NamedPlan } from '../policySpec.ts';
import { AttentionLoss, type LostAttention, ShadowCache } from './attentionLoss.ts';
import { keptInCache } from './keptTokens.ts';
import type { Trace } from './trace.ts';
import { TraceRecorder } from './traceRecorder.ts';
import { watchedPolicy } from './watchedPolicy.ts';

/** A text, and the policies whose decisions over it are recorded. */
export interface RecordRequest {
  /** [n] tokens to read, n >= 1. */
  readonly ids: Int32Array;
  /** The policies to record. */
  readonly policies: readonly NamedPlan[];
  /** Tokens read at once when a cache is full; budget + chunk entries are visible. @default 1 */
  readonly chunk?: number;
  /** Whether a shadow reads with full attention beside them. @default false */
  readonly loss?: boolean;
  /** Ends the reading with `ABORTED`. @default none */
  readonly signal?: AbortSignal;
  /** Called after each step. @param read tokens so far. */
  readonly onProgress?: (read: number) => void;
}

/** One policy over the text. */
export interface RetentionRecord {
  /** What was decided. */
  readonly trace: Trace;
  /** null without a shadow. */
  readonly loss: LostAttention | null;
}

interface Reader {
  readonly cache: SequenceCache;
  readonly recorder: TraceRecorder;
  readonly loss: AttentionLoss | undefined;
}

/** Reads the text to its end; records in the order of the policies. Throws ABORTED or UNSUPPORTED. */
export async function recordRetention(engine: Engine, request: RecordRequest): Promise<RetentionRecord[]> {
  const { ids, chunk = 1, signal, onProgress } = request;
  const readers = await Promise.all(request.policies.map((policy) => openReader(engine, policy, request)));
  const losses = readers.flatMap(({ loss }) => loss ?? []);
  const caches = groupByBudget(
    readers.map(({ cache }) => cache),
    ({ plan }) => plan.budget,
  );
  const batches = caches.map((group) => batchOf(engine, group));
  const shadow = losses.length > 0 ? new ShadowCache(engine, losses) : undefined;
  try {
    for (let read = 0; read < ids.length; ) {
      if (signal?.aborted) throw new TreekvError('ABORTED', 'Reading was aborted.', { read });
      const ends = batches.map((batch) => endOfStep(batch, ids.length, chunk));
      const next = Math.min(...ends);
      // The shadow first: what a query lost is what had left before its step.
      await shadow?.read(ids.subarray(read, next));
      for (const batch of batches.filter((_, i) => ends[i] === next)) await readTo(batch, ids, next);
      read = next;
      onProgress?.(read);
    }
  } finally {
    shadow?.dispose();
    for (const batch of batches) batch.dispose();
  }
  return readers.map(({ cache, recorder, loss }) => ({
    trace: recorder.trace(keptInCache(cache)),
    loss: loss?.result() ?? null,
  }));
}

async function openReader(
  { config }: Engine,
  { name, plan }: NamedPlan,
  { ids, loss: wanted = false }: RecordRequest,
): Promise<Reader> {
  const recorder = new TraceRecorder(name, plan, ids.length);
  const loss = wanted ? new AttentionLoss(ids.length) : undefined;
  const watchers = loss === undefined ? [recorder] : [recorder, loss];
  const definition = watchedPolicy(await findPolicy(plan.policy), watchers);
  const shape = { layers: config.layers, heads: config.kvHeads };
  return { cache: new SequenceCache(plan, definition, shape), recorder, loss };
}

/** The token before which a batch's next step ends: its rows have one budget, so that one stands for all. */
function endOfStep({ sequences: [cache] }: Batch, tokens: number, chunk: number): number {
  return cache.seen + nextChunk(cache, tokens - cache.seen, chunk);
}

/** One step, from where the batch stands. */
async function readTo(batch: Batch, ids: Int32Array, end: number): Promise<void> {
  const part = ids.subarray(batch.sequences[0].seen, end);
  await batch.step(batch.sequences.map(() => ({ ids: part, silent: true })));
}

function batchOf(engine: Engine, caches: readonly SequenceCache[]): Batch {
  const batch = new Batch(engine, caches.length);
  for (const cache of caches) batch.add(cache);
  return batch;
}
