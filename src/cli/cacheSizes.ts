// How many bytes keys and values take, full and bounded, at any length: arithmetic, for plans. What a run
// allocates is in its statistics; slot numbers add 12 bytes a slot and KV head to this.
import type { ModelConfig } from '../model/index.ts';

/** A cache after reading `tokens`. */
export interface CacheSize {
  readonly tokens: number;
  readonly fullBytes: number;
  readonly boundedBytes: number;
}

/** Bytes of one token's keys and values in all layers and KV heads, in float32. */
export function bytesPerToken({
  layers,
  kvHeads,
  headDim,
}: Pick<ModelConfig, 'layers' | 'kvHeads' | 'headDim'>): number {
  return 2 * layers * kvHeads * headDim * 4;
}

/** Sizes at each length. */
export function cacheSizes(config: ModelConfig, lengths: readonly number[], budget: number): CacheSize[] {
  const entry = bytesPerToken(config);
  return lengths.map((tokens) => ({
    tokens,
    fullBytes: tokens * entry,
    boundedBytes: Math.min(tokens, budget) * entry,
  }));
}
