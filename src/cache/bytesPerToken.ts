// How many bytes keys and values take: arithmetic, for plans. What a run allocates is in its statistics; slot numbers
// add 12 bytes a slot and KV head to this.

const FLOAT_BYTES = 4;

/** The sizes of a model that its entries have. */
export interface EntryShape {
  readonly layers: number;
  readonly kvHeads: number;
  readonly headDim: number;
}

/** Bytes of one token's keys and values in all layers and KV heads, in float32. */
export function bytesPerToken({ layers, kvHeads, headDim }: EntryShape): number {
  return 2 * layers * kvHeads * headDim * FLOAT_BYTES;
}
