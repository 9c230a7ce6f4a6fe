// The paper's prefilling stage, whole: a prompt is read with full attention, compressed, and what stays takes the
// place of the sequence that it began with. Memory grows with the prompt until it is compressed.
import type { Engine } from '../engine/index.ts';
import { type CachePlan, findPolicy } from '../policies/index.ts';
import { type FullPrefillPlan, scoredQueries } from '../prefill/index.ts';
import type { CacheMeter } from './cacheMeter.ts';
import { compressPrompt } from './compressPrompt.ts';
import type { HeldSequence } from './heldSequence.ts';
import { readPrompt } from './readPrompt.ts';

export interface FullPrefillRequest {
  /** [n] tokens to read, n >= 1. */
  readonly ids: Int32Array;
  readonly plan: FullPrefillPlan;
  readonly cachePlan: CachePlan;
  /** Whether the logits after the last token are wanted. */
  readonly wanted: boolean;
  readonly signal: AbortSignal;
  /** Learns what the caches held. */
  readonly meter: CacheMeter;
}

/** A compressed sequence, and [V] logits after the prompt's last token; of length 0 if they were not wanted. */
export interface FullPrefill extends HeldSequence {
  readonly logits: Float32Array;
}

/**
 * Reads and compresses. `earlier` is disposed of once its successor is there; if this throws, it is untouched.
 * Throws ABORTED or UNSUPPORTED.
 */
export async function fullPrefill(
  engine: Engine,
  earlier: HeldSequence,
  { ids, plan, cachePlan, wanted, signal, meter }: FullPrefillRequest,
): Promise<FullPrefill> {
  const definition = await findPolicy(cachePlan.policy);
  const reading = await readPrompt(engine, ids, earlier, {
    plan: cachePlan,
    windows: [scoredQueries(plan, ids.length)],
    wanted,
    signal,
    meter,
  });
  try {
    const { batch, cache, peakBytes } = await compressPrompt(engine, reading, plan, cachePlan, definition);
    meter.note(peakBytes + earlier.batch.bytes);
    earlier.batch.dispose();
    return { batch, cache, logits: reading.logits };
  } finally {
    reading.batch.dispose();
  }
}
