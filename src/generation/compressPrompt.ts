// Compresses a prompt that was read with full attention, the second half of the prefilling stage: each layer's
// method names the places that stay (prefill/), their keys and values are copied out, and the policy that
// decodes begins where the method left it. Layer by layer, so that of the large cache one layer at most exists
// twice. The reading is left as it is.
import {
  SequenceCache,
  type SequenceCacheState,
  type SlotOrder,
  type SlotOrderState,
} from '../cache/index.ts';
import type { Engine, LayerEntries } from '../engine/index.ts';
import { type CachePlan, type PolicyDefinition, planLayer } from '../policies/index.ts';
import {
  compressLayer,
  type FullPrefillPlan,
  handOverState,
  layerBudgets,
  scoredQueries,
} from '../prefill/index.ts';
import { Batch } from './batch.ts';
import type { HeldSequence, PromptReading } from './readPrompt.ts';

/** What stays of a prompt, not in a batch yet. */
export interface CompressedPrompt {
  readonly cache: SequenceCache;
  /** Per layer. */
  readonly entries: readonly LayerEntries[];
  /** Most bytes that existed at once: the large cache, a copy of one layer, and what had been kept. */
  readonly peakBytes: number;
}

/**
 * Chooses what stays, and copies it out.
 * @param plan of the compression; the reading must have collected the mass that it asks for.
 * @param cachePlan, definition of the policy that decodes.
 */
export function compressPrompt(
  reading: PromptReading,
  plan: FullPrefillPlan,
  cachePlan: CachePlan,
  definition: PolicyDefinition,
): CompressedPrompt {
  const { batch, cache: read, mass, tokens } = reading;
  const queries = scoredQueries(plan, tokens);
  const { heads } = read.layers[0].order;
  // After an earlier pyramid the first layer holds the most, and no layer may be given more than that.
  const longest = read.layers.reduce((most, { order }) => Math.max(most, order.count), 0);
  const budgets = layerBudgets(plan, read.layers.length, longest);
  const entries: LayerEntries[] = [];
  const layers: SequenceCacheState['layers'][number][] = [];
  let keptBytes = 0;
  let peakBytes = 0;
  for (const [l, { order }] of read.layers.entries()) {
    const view = { heads, length: order.count, queries, mass: mass.of(l, queries) };
    const compressed = compressLayer(plan, view, budgets[l]);
    const all = batch.store.read(0, l);
    const gathered = gather(order, all, compressed.kept);
    entries.push(gathered.entries);
    layers.push({
      order: gathered.order,
      policy: handOverState(definition, planLayer(cachePlan, budgets[l]), compressed, read.seen),
    });
    keptBytes += bytesOf(gathered.entries);
    peakBytes = Math.max(peakBytes, batch.bytes + bytesOf(all) + keptBytes);
  }
  const uneven = budgets.some((budget) => budget !== (cachePlan.budget ?? Infinity));
  const cache = new SequenceCache(
    cachePlan,
    definition,
    { layers: layers.length, heads },
    uneven ? budgets : undefined,
  );
  cache.restore({ seen: read.seen, layers });
  return { cache, entries, peakBytes };
}

/** Puts what stayed into a batch of its own. */
export function holdCompressed(engine: Engine, { cache, entries }: CompressedPrompt): HeldSequence {
  const batch = new Batch(engine, 1);
  batch.adopt(cache, entries);
  return { batch, cache };
}

/** A layer's kept entries, packed in token order. @param kept [heads, k] places that stay, ascending. */
function gather(
  from: SlotOrder,
  { keys, values }: LayerEntries,
  kept: Int32Array,
): { readonly entries: LayerEntries; readonly order: SlotOrderState } {
  const { heads, capacity, stride } = from;
  const perHead = kept.length / heads;
  const headDim = keys.length / (heads * capacity);
  const order = new Int32Array(kept.length);
  const tokens = new Int32Array(kept.length);
  const packed = {
    keys: new Float32Array(kept.length * headDim),
    values: new Float32Array(kept.length * headDim),
  };
  for (let i = 0; i < kept.length; i++) {
    const head = Math.floor(i / perHead);
    const rank = head * stride + kept[i];
    const slot = (head * capacity + from.order[rank]) * headDim;
    order[i] = i % perHead;
    tokens[i] = from.tokens[rank];
    packed.keys.set(keys.subarray(slot, slot + headDim), i * headDim);
    packed.values.set(values.subarray(slot, slot + headDim), i * headDim);
  }
  return { entries: packed, order: { capacity: perHead, origin: 0, order, tokens } };
}

function bytesOf({ keys, values }: LayerEntries): number {
  return keys.byteLength + values.byteLength;
}
