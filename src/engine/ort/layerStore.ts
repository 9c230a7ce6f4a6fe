// The buffers of one layer on the host: keys, values, and the slots' positions and biases. Head-major, so that a
// head's slots are contiguous; growing therefore re-lays the buffer, which the cache asks for in geometric steps.
// Runs read these very arrays (inputs are not copied), so writing here is committing. That a slot is empty is said
// once, by its bias; nothing outside this file writes it.
import { EMPTY, type SlotEdits } from '../../cache/index.ts';
import type { LayerEntries } from '../engine.ts';

/** Attention logit of what must not be seen: its exponential underflows to exactly 0. */
export const MASKED = -1e30;

/** Keys, values and slot numbers of all rows of a batch in one layer. */
export class LayerStore {
  readonly rows: number;
  capacity = 0;
  // [rows*Hkv, C, D] keys before RoPE, and values
  keys = new Float32Array(0);
  values = new Float32Array(0);
  // [rows*Hkv, C] 64-bit positions as the operator wants them, and their 32-bit words [rows*Hkv, C, 2]
  wide = new BigInt64Array(0);
  private words = new Int32Array(0);
  // [rows*Hkv, C] 0, or MASKED for an empty slot
  bias = new Float32Array(0);
  private readonly kvHeads: number;
  private readonly headDim: number;

  constructor(rows: number, kvHeads: number, headDim: number, capacity: number) {
    this.rows = rows;
    this.kvHeads = kvHeads;
    this.headDim = headDim;
    this.grow(capacity);
  }

  get bytes(): number {
    return this.keys.byteLength + this.values.byteLength + this.wide.byteLength + this.bias.byteLength;
  }

  grow(capacity: number): void {
    const { headDim } = this;
    const heads = this.rows * this.kvHeads;
    const before = this.capacity;
    const keys = new Float32Array(heads * capacity * headDim);
    const values = new Float32Array(heads * capacity * headDim);
    const wide = new BigInt64Array(heads * capacity);
    const bias = new Float32Array(heads * capacity).fill(MASKED);
    for (let head = 0; head < heads; head++) {
      const from = head * before;
      const to = head * capacity;
      keys.set(this.keys.subarray(from * headDim, (from + before) * headDim), to * headDim);
      values.set(this.values.subarray(from * headDim, (from + before) * headDim), to * headDim);
      wide.set(this.wide.subarray(from, from + before), to);
      bias.set(this.bias.subarray(from, from + before), to);
    }
    this.capacity = capacity;
    this.keys = keys;
    this.values = values;
    this.wide = wide;
    this.words = new Int32Array(wide.buffer);
    this.bias = bias;
  }

  /** Lets go of the buffers. */
  dispose(): void {
    this.capacity = 0;
    this.keys = this.values = this.bias = new Float32Array(0);
    this.wide = new BigInt64Array(0);
    this.words = new Int32Array(0);
  }

  /** Writes the staged entries [N, T, D] that got a slot, and the slots' new positions. */
  commit(keys: Float32Array, values: Float32Array, edits: SlotEdits, tokens: number): void {
    const { headDim, capacity, keys: toKeys, values: toValues, words, bias } = this;
    const { slots, places, empties } = edits;
    for (let i = 0; i < slots.length; i++) {
      const slot = slots[i];
      if (slot < 0) continue;
      const head = Math.trunc(i / tokens);
      let from = i * headDim;
      // A loop, since a head is too short for `set` and its views to pay.
      for (let to = (head * capacity + slot) * headDim, end = to + headDim; to < end; to++, from++) {
        toKeys[to] = keys[from];
        toValues[to] = values[from];
      }
      bias[head * capacity + slot] = 0;
    }
    for (let at = 0, end = 2 * edits.placed; at < end; at += 2) words[2 * places[at]] = places[at + 1];
    for (let i = 0; i < edits.emptied; i++) bias[empties[i]] = MASKED;
  }

  /** Empties all slots of a row. */
  clear(row: number): void {
    const perRow = this.kvHeads * this.capacity;
    this.bias.fill(MASKED, row * perRow, (row + 1) * perRow);
  }

  swapRows(a: number, b: number): void {
    const perRow = this.kvHeads * this.capacity;
    swap(this.keys, a, b, perRow * this.headDim);
    swap(this.values, a, b, perRow * this.headDim);
    swap(this.words, a, b, perRow * 2);
    swap(this.bias, a, b, perRow);
  }

  read(row: number): LayerEntries {
    const size = this.kvHeads * this.capacity * this.headDim;
    return {
      keys: this.keys.slice(row * size, (row + 1) * size),
      values: this.values.slice(row * size, (row + 1) * size),
    };
  }

  /** @param positions [Hkv, C] */
  write(row: number, entries: LayerEntries, positions: Int32Array): void {
    const perRow = this.kvHeads * this.capacity;
    this.keys.set(entries.keys, row * perRow * this.headDim);
    this.values.set(entries.values, row * perRow * this.headDim);
    for (let i = 0; i < perRow; i++) this.place(row * perRow + i, positions[i]);
  }

  /** Copies the slots [Hkv, k] of a row of another layer into the first k of a row, which is emptied before. */
  gather(row: number, from: LayerStore, fromRow: number, slots: Int32Array, positions: Int32Array): void {
    const { kvHeads, headDim, capacity } = this;
    const each = slots.length / kvHeads;
    this.clear(row);
    for (let i = 0; i < slots.length; i++) {
      const head = Math.trunc(i / each);
      const source = ((fromRow * kvHeads + head) * from.capacity + slots[i]) * headDim;
      const slot = (row * kvHeads + head) * capacity + (i % each);
      this.keys.set(from.keys.subarray(source, source + headDim), slot * headDim);
      this.values.set(from.values.subarray(source, source + headDim), slot * headDim);
      this.place(slot, positions[i]);
    }
  }

  private place(slot: number, position: number): void {
    if (position === EMPTY) this.bias[slot] = MASKED;
    else {
      this.words[2 * slot] = position;
      this.bias[slot] = 0;
    }
  }
}

/** Exchanges blocks `a` and `b` of `size` numbers. */
function swap(array: Float32Array | Int32Array, a: number, b: number, size: number): void {
  const kept = array.slice(a * size, (a + 1) * size);
  array.copyWithin(a * size, b * size, (b + 1) * size);
  array.set(kept, b * size);
}
