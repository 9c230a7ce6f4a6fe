// How long a chunk may be. Until the budget is full nothing can be evicted, so chunk length changes nothing
// but speed; from then on it decides how many entries are visible (budget + chunk), so the caller sets it.
import type { SequenceCache } from '../cache/index.ts';

/** Tokens a run, while nothing is evicted: long enough to be bound by arithmetic and not by memory. */
export const FILL_CHUNK = 256;

/**
 * Tokens to read next.
 * @param remaining tokens left to read, at least 1.
 * @param chunk tokens a run once entries are evicted.
 */
export function nextChunk(cache: SequenceCache, remaining: number, chunk: number): number {
  const room = (cache.plan.budget ?? Number.POSITIVE_INFINITY) - cache.seen;
  return Math.min(remaining, room > 0 ? Math.min(FILL_CHUNK, room) : chunk);
}
