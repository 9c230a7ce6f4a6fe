// What one decision changes in a layer's slots: where the staged entries go, which slots get another position, and
// which fall empty. The cache writes it down and the engine carries it out, on whatever device its slots lie. It is
// a list and no table, since on TreeKV's walk few slots change in a step.

/** The position of a slot that holds nothing. */
export const EMPTY = -1;

/** The edits of one layer, for all rows of a batch; filled anew for each step. */
export class SlotEdits {
  /** [N, T] the slot of each staged entry; -1 drops it. */
  slots = new Int32Array(0);
  /** Slots that change. */
  count = 0;
  /** [count, 2] a slot, head * C + slot with the heads of all rows counted on, and its position from now on, or EMPTY. */
  changes = new Int32Array(0);

  /** Begins the edits of a step with N * T staged entries, all of them dropped so far. */
  begin(staged: number): void {
    if (this.slots.length !== staged) this.slots = new Int32Array(staged);
    this.slots.fill(-1);
    this.count = 0;
  }

  /** Makes room for `more` changes. */
  reserve(more: number): void {
    const needed = 2 * (this.count + more);
    if (needed <= this.changes.length) return;
    const changes = new Int32Array(Math.max(needed, 2 * this.changes.length));
    changes.set(this.changes.subarray(0, 2 * this.count));
    this.changes = changes;
  }

  /** Gives a slot a position, or EMPTY. There must be room. */
  set(slot: number, position: number): void {
    this.changes[2 * this.count] = slot;
    this.changes[2 * this.count + 1] = position;
    this.count++;
  }
}
