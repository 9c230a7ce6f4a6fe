// How many bytes keys and values take, full and bounded, at any length.
import { bytesPerToken, type EntryShape } from '../cache/index.ts';

/** A cache after reading `tokens`. */
export interface CacheSize {
  readonly tokens: number;
  readonly fullBytes: number;
  readonly boundedBytes: number;
}

/** Sizes at each length. */
export function cacheSizes(shape: EntryShape, lengths: readonly number[], budget: number): CacheSize[] {
  const entry = bytesPerToken(shape);
  return lengths.map((tokens) => ({
    tokens,
    fullBytes: tokens * entry,
    boundedBytes: Math.min(tokens, budget) * entry,
  }));
}
