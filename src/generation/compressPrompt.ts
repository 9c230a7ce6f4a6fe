// Compresses a prompt that was read with full attention, the second half of the prefilling stage: each layer's
// method names the places that stay (prefill/), their keys and values go into a batch of their own, wherever the
// engine keeps them, and the policy that decodes begins where the method left it. The reading is left as it is.
import {
  SequenceCache,
  type SequenceCacheState,
  type SlotOrder,
  type SlotOrderState,
} from '../cache/index.ts';
import type { Engine } from '../engine/index.ts';
import { type CachePlan, type PolicyDefinition, planLayer } from '../policies/index.ts';
import {
  compressLayer,
  type FullPrefillPlan,
  handOverState,
  layerBudgets,
  scoredQueries,
} from '../prefill/index.ts';
import { Batch } from './batch.ts';
import type { HeldSequence } from './heldSequence.ts';
import type { PromptReading } from './readPrompt.ts';

/** What stays of a prompt. The caller disposes of its batch. */
export interface CompressedPrompt extends HeldSequence {
  /** Most bytes that existed at once: the large cache and what was kept. */
  readonly peakBytes: number;
}

/**
 * Chooses what stays, and copies it out.
 * @param plan of the compression; the reading must have collected the mass that it asks for.
 * @param cachePlan, definition of the policy that decodes.
 */
export async function compressPrompt(
  engine: Engine,
  reading: PromptReading,
  plan: FullPrefillPlan,
  cachePlan: CachePlan,
  definition: PolicyDefinition,
): Promise<CompressedPrompt> {
  const { batch: large, cache: read, mass, tokens } = reading;
  const queries = scoredQueries(plan, tokens);
  const { heads } = read.layers[0].order;
  // After an earlier pyramid the first layer holds the most, and no layer may be given more than that.
  const longest = read.layers.reduce((most, { order }) => Math.max(most, order.count), 0);
  const budgets = layerBudgets(plan, read.layers.length, longest);
  const slots: Int32Array[] = [];
  const layers: SequenceCacheState['layers'][number][] = [];
  for (const [l, { order }] of read.layers.entries()) {
    const view = { heads, length: order.count, queries, mass: mass.of(l, queries) };
    const compressed = compressLayer(plan, view, budgets[l]);
    const kept = keep(order, compressed.kept);
    slots.push(kept.slots);
    layers.push({
      order: kept.order,
      policy: handOverState(definition, planLayer(cachePlan, budgets[l]), compressed, read.seen),
    });
  }
  const uneven = budgets.some((budget) => budget !== (cachePlan.budget ?? Infinity));
  const cache = new SequenceCache(
    cachePlan,
    definition,
    { layers: layers.length, heads },
    uneven ? budgets : undefined,
  );
  cache.restore({ seen: read.seen, layers });
  const batch = new Batch(engine, 1);
  try {
    await batch.gather(cache, large, 0, slots);
    return { batch, cache, peakBytes: large.bytes + batch.bytes };
  } catch (error) {
    batch.dispose();
    throw error;
  }
}

/** Where a layer's kept entries lie, and their order once they are packed. @param kept [heads, k] places, ascending. */
function keep(
  { heads, stride, order: slotOf, tokens: tokenOf }: SlotOrder,
  kept: Int32Array,
): { readonly slots: Int32Array; readonly order: SlotOrderState } {
  const perHead = kept.length / heads;
  const slots = new Int32Array(kept.length);
  const order = new Int32Array(kept.length);
  const tokens = new Int32Array(kept.length);
  for (let i = 0; i < kept.length; i++) {
    const rank = Math.floor(i / perHead) * stride + kept[i];
    slots[i] = slotOf[rank];
    order[i] = i % perHead;
    tokens[i] = tokenOf[rank];
  }
  return { slots, order: { capacity: perHead, origin: 0, order, tokens } };
}
