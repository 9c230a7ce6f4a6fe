// The buffers of one layer on the host: keys, values, and the slots' positions and biases. Head-major, so
// that a head's slots are contiguous; growing therefore re-lays the buffer, which the cache asks for in
// geometric steps. Runs read these very arrays (inputs are not copied), so writing here is committing.
import { EMPTY, type SlotNumbers } from '../cache/index.ts';
import type { LayerEntries } from './engine.ts';

/** Keys, values and slot numbers of all rows of a batch in one layer. */
export class LayerStore implements SlotNumbers {
  readonly rows: number;
  capacity = 0;
  // [rows*Hkv, C, D] keys before RoPE, and values
  keys = new Float32Array(0);
  values = new Float32Array(0);
  // [rows*Hkv, C] 64-bit positions, and their 32-bit words [rows*Hkv, C, 2]
  wide = new BigInt64Array(0);
  positions = new Int32Array(0);
  // [rows*Hkv, C]
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
    const bias = new Float32Array(heads * capacity).fill(EMPTY);
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
    this.positions = new Int32Array(wide.buffer);
    this.bias = bias;
  }

  /** Lets go of the buffers. */
  dispose(): void {
    this.capacity = 0;
    this.keys = this.values = this.bias = new Float32Array(0);
    this.wide = new BigInt64Array(0);
    this.positions = new Int32Array(0);
  }

  /** Writes new entries [N, T, D] into slots [N, T]; -1 drops one. */
  commit(keys: Float32Array, values: Float32Array, slots: Int32Array, tokens: number): void {
    const { headDim, capacity, keys: toKeys, values: toValues, bias } = this;
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
  }

  swapRows(a: number, b: number): void {
    const perRow = this.kvHeads * this.capacity;
    swap(this.keys, a, b, perRow * this.headDim);
    swap(this.values, a, b, perRow * this.headDim);
    swap(this.positions, a, b, perRow * 2);
    swap(this.bias, a, b, perRow);
  }

  read(row: number): LayerEntries {
    const { keys, values } = this.view(row);
    return { keys: keys.slice(), values: values.slice() };
  }

  view(row: number): LayerEntries {
    const size = this.kvHeads * this.capacity * this.headDim;
    return {
      keys: this.keys.subarray(row * size, (row + 1) * size),
      values: this.values.subarray(row * size, (row + 1) * size),
    };
  }

  write(row: number, entries: LayerEntries): void {
    const size = this.kvHeads * this.capacity * this.headDim;
    this.keys.set(entries.keys, row * size);
    this.values.set(entries.values, row * size);
  }
}

/** Exchanges blocks `a` and `b` of `size` numbers. */
function swap(array: Float32Array | Int32Array, a: number, b: number, size: number): void {
  const kept = array.slice(a * size, (a + 1) * size);
  array.copyWithin(a * size, b * size, (b + 1) * size);
  array.set(kept, b * size);
}
