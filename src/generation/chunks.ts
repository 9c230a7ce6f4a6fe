// How long a chunk may be. Until the budget is full nothing can be evicted, so chunk length changes nothing
// but speed; from then on it decides how many entries are visible (budget + chunk), so the caller sets it.
import type { SequenceCache } from '../cache/index.ts';
import { integerOption } from '../core/index.ts';

/** Tokens a run, while nothing is evicted: long enough to be bound by arithmetic and not by memory. */
export const FILL_CHUNK = 256;

/** Projected rows times vocabulary is the largest thing a step makes: 64 MiB of floats. */
export const PROJECTED_FLOATS = 1 << 24;

/**
 * Most tokens a run. A step cannot be stopped, and its attention grows with the square of its tokens: 16,000 at once
 * take 18 GiB and minutes. None is faster a token than one of some hundreds.
 */
export const LONGEST_CHUNK = 4096;

/** The tokens a run, if they can be read at once; throws BAD_OPTION otherwise. @param what 'Session', say */
export function chunkOption(what: string, option: string, chunk: number): number {
  return integerOption(what, option, chunk, 1, LONGEST_CHUNK);
}

/** Tokens that each of `rows` rows may score in a step of filling rows. */
export function mostScored(vocabSize: number, rows: number): number {
  return Math.max(1, Math.min(FILL_CHUNK, Math.floor(PROJECTED_FLOATS / vocabSize / rows)));
}

/**
 * Tokens to read next.
 * @param remaining tokens left to read, at least 1.
 * @param chunk tokens a run once entries are evicted.
 */
export function nextChunk(cache: SequenceCache, remaining: number, chunk: number): number {
  const room = roomOf(cache);
  return Math.min(remaining, room > 0 ? Math.min(FILL_CHUNK, room) : chunk);
}

/**
 * Tokens that each of several rows reads in their next common step. A row that evicts reads what it reads alone,
 * since its chunks decide what it keeps; one that still fills adapts to the others, because that changes nothing.
 * @param remaining per row, tokens left to read, at least 1.
 * @param chunk tokens a run once entries are evicted.
 * @param longest tokens a row that a step of filling rows may have.
 */
export function nextChunks(
  caches: readonly SequenceCache[],
  remaining: readonly number[],
  chunk: number,
  longest: number,
): number[] {
  const own = caches.map((cache, row) => nextChunk(cache, remaining[row], chunk));
  const evicting = own.filter((_, row) => roomOf(caches[row]) <= 0);
  const common = evicting.length > 0 ? Math.max(...evicting) : Math.min(longest, ...own);
  return own.map((length, row) => (roomOf(caches[row]) > 0 ? Math.min(length, common) : length));
}

/** Tokens that a cache takes in before it evicts. */
function roomOf({ plan, seen }: SequenceCache): number {
  return (plan.budget ?? Number.POSITIVE_INFINITY) - seen;
}
