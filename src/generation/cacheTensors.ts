// One sequence's cache as tensors: the numbers of its slots, its keys and values, and what its policies remember.
// Session snapshots and the states of long runs hold caches in this one form; a prefix keeps several apart. What
// surrounds a cache (a plan, unread tokens, a checksum) is its caller's.
import type { SequenceCacheState } from '../cache/index.ts';
import type { LayerEntries } from '../engine/index.ts';
import type { PolicyState } from '../policies/index.ts';
import { type SealedTensors, type TensorContent, tensorOf } from './sealedTensors.ts';

/** A sequence's cache in plain values: its numbers, and its entries per layer. */
export interface CacheContent {
  readonly cache: SequenceCacheState;
  readonly entries: readonly LayerEntries[];
}

/** The cache as tensors over the arrays given, not copies. @param prefix stands before every name. */
export function cacheTensors({ cache, entries }: CacheContent, prefix = ''): TensorContent {
  const tensors = cache.layers.flatMap(({ order, policy }, l) => [
    tensorOf(`${prefix}${l}.order`, order.order),
    tensorOf(`${prefix}${l}.tokens`, order.tokens),
    tensorOf(`${prefix}${l}.keys`, entries[l].keys),
    tensorOf(`${prefix}${l}.values`, entries[l].values),
    ...Object.entries(policy).map(([name, column]) => tensorOf(`${prefix}${l}.policy.${name}`, column)),
  ]);
  const slots = cache.layers.map(({ order: { capacity, origin } }) => ({ capacity, origin }));
  const metadata = {
    [`${prefix}seen`]: String(cache.seen),
    [`${prefix}slots`]: JSON.stringify(slots),
    ...(cache.budgets !== undefined && { [`${prefix}budgets`]: JSON.stringify(cache.budgets) }),
  };
  return { tensors, metadata };
}

/** What `cacheTensors` wrote. Throws BAD_SNAPSHOT if a tensor is missing. */
export function readCacheTensors(file: SealedTensors, prefix = ''): CacheContent {
  const { metadata, names } = file;
  const slots = JSON.parse(metadata[`${prefix}slots`]) as { capacity: number; origin: number }[];
  const budgets = metadata[`${prefix}budgets`];
  const policyState = (layer: number): PolicyState => {
    const own = `${prefix}${layer}.policy.`;
    const columns = names.filter((name) => name.startsWith(own));
    return Object.fromEntries(
      columns.map((name) => [name.slice(own.length), file.any(name) as PolicyState[string]]),
    );
  };
  return {
    cache: {
      seen: Number(metadata[`${prefix}seen`]),
      ...(budgets !== undefined && { budgets: JSON.parse(budgets) as number[] }),
      layers: slots.map((slot, l) => ({
        order: {
          ...slot,
          order: file.get(`${prefix}${l}.order`, 'I32'),
          tokens: file.get(`${prefix}${l}.tokens`, 'I32'),
        },
        policy: policyState(l),
      })),
    },
    entries: slots.map((_, l) => ({
      keys: file.get(`${prefix}${l}.keys`, 'F32'),
      values: file.get(`${prefix}${l}.values`, 'F32'),
    })),
  };
}
