// One sequence's cache, and the sequence alone in a batch of its own: where everything that reads a text begins.
import { SequenceCache } from '../cache/index.ts';
import type { Engine } from '../engine/index.ts';
import { type CachePlan, findPolicy } from '../policies/index.ts';
import { Batch } from './batch.ts';

/** A sequence alone in its batch. */
export interface HeldSequence {
  readonly batch: Batch;
  readonly cache: SequenceCache;
}

/**
 * An empty cache that follows a plan. Throws BAD_OPTION or BAD_FILE for a policy that cannot be had.
 * @param budgets [layers] entries per head that each layer keeps. @default the plan's budget in all
 */
export async function openCache(
  { config }: Pick<Engine, 'config'>,
  plan: CachePlan,
  budgets?: readonly number[],
): Promise<SequenceCache> {
  const { layers, kvHeads: heads } = config;
  return new SequenceCache(plan, await findPolicy(plan.policy), { layers, heads }, budgets);
}

/** An empty sequence in a batch of its own. The caller disposes of the batch. */
export async function openSequence(engine: Engine, plan: CachePlan): Promise<HeldSequence> {
  const cache = await openCache(engine, plan);
  const batch = new Batch(engine, 1);
  batch.add(cache);
  return { batch, cache };
}
