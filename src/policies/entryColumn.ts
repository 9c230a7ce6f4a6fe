// One number per entry of a layer, such as a score sum, kept in step with the cache: it grows as entries come
// and closes up as they leave. Rows are ordered by rank, so that neighbours in the text are neighbours here.
// It knows nothing of what the number means. (S and C of the paper's Algorithm 1.)

import { TreekvError } from '../core/index.ts';
import { addRow } from './addRow.ts';

/** A column of numbers, one per entry and head, addressed by rank. */
export class EntryColumn {
  /** Entries per head. */
  length = 0;
  /** [heads, room] by rank; replaced when it grows, so do not hold on to it. */
  values: Float64Array = new Float64Array(0);
  private readonly heads: number;
  private room = 0;

  /** Begins without entries. */
  constructor(heads: number) {
    this.heads = heads;
  }

  /** Where a head's row begins in `values`. */
  row(head: number): number {
    return head * this.room;
  }

  /** Makes room for `count` entries per head. Doubles, so that growth is rare. */
  reserve(count: number): void {
    if (count <= this.room) return;
    const room = Math.max(count, 2 * this.room);
    const values = new Float64Array(this.heads * room);
    for (let head = 0; head < this.heads; head++) {
      const row = this.row(head);
      values.set(this.values.subarray(row, row + this.length), head * room);
    }
    this.values = values;
    this.room = room;
  }

  /** Appends `added` entries that hold 0 in every head. */
  append(added: number): void {
    this.reserve(this.length + added);
    for (let head = 0; head < this.heads; head++) {
      const end = this.row(head) + this.length;
      this.values.fill(0, end, end + added);
    }
    this.length += added;
  }

  /** Adds a number to each entry. @param addends [heads, length] */
  add(addends: Float32Array): void {
    if (addends.length !== this.heads * this.length) {
      throw new RangeError(`${addends.length} numbers for ${this.heads} heads of ${this.length} entries`);
    }
    for (let head = 0; head < this.heads; head++) {
      addRow(this.values, this.row(head), addends, head * this.length, this.length);
    }
  }

  /** Removes `perHead` entries of each head. @param evicted [heads, perHead] ranks, ascending. */
  compact(evicted: Int32Array, perHead: number): void {
    for (let head = 0; head < this.heads; head++) {
      const row = this.row(head);
      for (let i = 0; i < perHead; i++) {
        // What stands between this gap and the next moves left by the gaps so far.
        const gap = evicted[head * perHead + i];
        const end = i + 1 < perHead ? evicted[head * perHead + i + 1] : this.length;
        this.values.copyWithin(row + gap - i, row + gap + 1, row + end);
      }
    }
    this.length -= perHead;
  }

  /** A copy without spare room: [heads, length]. */
  state(): Float64Array {
    const copy = new Float64Array(this.heads * this.length);
    for (let head = 0; head < this.heads; head++) {
      const row = this.row(head);
      copy.set(this.values.subarray(row, row + this.length), head * this.length);
    }
    return copy;
  }

  /** Continues from what `state()` gave. @param state [heads, length] */
  restore(state: Float64Array): void {
    const length = state.length / this.heads;
    if (!Number.isInteger(length)) {
      const message = `A policy state of ${state.length} numbers does not divide into ${this.heads} heads.`;
      throw new TreekvError('BAD_SNAPSHOT', message, { numbers: state.length, heads: this.heads });
    }
    this.reserve(length);
    this.length = length;
    for (let head = 0; head < this.heads; head++) {
      this.values.set(state.subarray(head * this.length, (head + 1) * this.length), this.row(head));
    }
  }
}
