// Reads a prompt with full attention, the first half of the paper's prefilling stage: every token sees all
// entries that the cache held before and the whole prompt up to itself, and nothing leaves. It reads into a
// batch of its own and leaves the cache that it began with as it was; so a reading that is aborted has changed
// nothing, and one that ended can be compressed more than once.
import { SequenceCache } from '../cache/index.ts';
import { TreekvError } from '../core/index.ts';
import type { Engine } from '../engine/index.ts';
import type { CachePlan } from '../policies/index.ts';
import { Batch } from './batch.ts';
import type { CacheMeter } from './cacheMeter.ts';
import type { HeldSequence } from './heldSequence.ts';
import { cutPrompt } from './promptChunks.ts';
import { PromptMass } from './promptMass.ts';
import { requirePromptInWindow } from './slidingWindow.ts';

/** A prompt that was read. The caller disposes of its batch. */
export interface PromptReading extends HeldSequence {
  /** Tokens of the prompt. */
  readonly tokens: number;
  readonly mass: PromptMass;
  /** [V] logits after the last token; of length 0 if they were not wanted. */
  readonly logits: Float32Array;
}

export interface ReadPromptOptions {
  /** The plan under which decoding goes on: its positions hold here too, its budget does not. */
  readonly plan: CachePlan;
  /** Numbers of last queries whose mass is collected, as `scoredQueries` gives them. */
  readonly windows: readonly number[];
  /** Whether the logits after the last token are wanted. @default false */
  readonly wanted?: boolean;
  readonly signal?: AbortSignal;
  readonly meter?: CacheMeter;
}

/**
 * Reads a prompt.
 * @param ids [n] its tokens, n >= 1.
 * @param earlier what the cache holds of earlier turns; undefined for nothing.
 * Throws ABORTED, or UNSUPPORTED if the prompt would leave the model's sliding window.
 */
export async function readPrompt(
  engine: Engine,
  ids: Int32Array,
  earlier: HeldSequence | undefined,
  { plan, windows, wanted = false, signal, meter }: ReadPromptOptions,
): Promise<PromptReading> {
  const { layers, kvHeads: heads, slidingWindow } = engine.config;
  requirePromptInWindow(slidingWindow, plan, earlier?.cache, ids.length);
  const mass = new PromptMass();
  const cache = new SequenceCache({ ...plan, budget: null }, mass.definition, { layers, heads });
  const batch = new Batch(engine, 1);
  try {
    if (earlier === undefined || earlier.cache.seen === 0) batch.add(cache);
    else {
      const { seen, layers: held } = earlier.cache.state();
      cache.restore({ seen, layers: held.map(({ order }) => ({ order, policy: {} })) });
      await batch.adopt(cache, await earlier.batch.entries(0));
    }
    let logits = new Float32Array(0);
    for (const { from, to, windows: asking } of cutPrompt(ids.length, windows)) {
      if (signal?.aborted)
        throw new TreekvError('ABORTED', 'Reading the prompt was aborted.', { read: from });
      mass.asking = asking;
      const last = wanted && to === ids.length;
      const output = await batch.step([{ ids: ids.subarray(from, to), silent: !last }]);
      meter?.note(batch.bytes + (earlier?.batch.bytes ?? 0), to - from);
      if (last) logits = Float32Array.from(output.logits[0] ?? []);
    }
    return { batch, cache, tokens: ids.length, mass, logits };
  } catch (error) {
    batch.dispose();
    throw error;
  }
}
