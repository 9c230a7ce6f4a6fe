// The numbers of a layer's slots that an engine reads at every step. The engine allocates them beside its
// keys and values; the cache writes them.

/** The numbers of one layer's slots, for all rows of a batch. */
export interface SlotNumbers {
  /** Slots per head, C; those that hold nothing have bias EMPTY. */
  readonly capacity: number;
  /** [rows*Hkv, C, 2] position of each slot's key as 64-bit integers, low word first. */
  readonly positions: Int32Array;
  /** [rows*Hkv, C] added to the slot's attention logit: 0, or EMPTY. */
  readonly bias: Float32Array;
}

/** Attention logit of an empty slot: its exponential underflows to exactly 0. */
export const EMPTY = -1e30;
