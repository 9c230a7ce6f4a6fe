// How many entries a cache keeps: layers may have budgets of their own, so it is a mean.
import type { SequenceCache } from '../cache/index.ts';
import { mean } from './mean.ts';

/** Entries per KV head, in the mean over the layers. */
export function meanEntries({ layers }: SequenceCache): number {
  return mean(layers.map(({ order }) => order.count));
}
