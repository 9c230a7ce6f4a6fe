// What one decision changes in a layer's slots: where the staged entries go, which slots get another position, and
// which fall empty. The cache writes it down and the engine carries it out, on whatever device its slots lie. It is
// a list and no table, since on TreeKV's walk few slots change in a step.

/** Stands for the position of a slot that holds nothing, where positions of all slots are listed. */
export const EMPTY = -1;

/** The edits of one layer, for all rows of a batch; filled anew for each step. */
export class SlotEdits {
  /** [N, T] the slot within its head of each staged entry; -1 drops it. */
  slots: Int32Array = new Int32Array(0);
  /** Slots that get a position, those of the staged entries that stay among them. */
  placed = 0;
  /** [placed, 2] a slot, head * C + slot with the heads of all rows counted on, and its position from now on. */
  places: Int32Array = new Int32Array(0);
  /** Slots that fall empty; none of them is placed. */
  emptied = 0;
  /** [emptied] head * C + slot. */
  empties: Int32Array = new Int32Array(0);

  /** Begins the edits of a step with N * T staged entries, all of them dropped so far. */
  begin(staged: number): void {
    if (this.slots.length !== staged) this.slots = new Int32Array(staged);
    this.slots.fill(-1);
    this.placed = 0;
    this.emptied = 0;
  }

  /** Makes room for so many more slots that get a position, and that fall empty. */
  reserve(places: number, empties = 0): void {
    this.places = widened(this.places, 2 * this.placed, 2 * places);
    this.empties = widened(this.empties, this.emptied, empties);
  }

  /** Gives a slot a position. There must be room. */
  place(slot: number, position: number): void {
    this.places[2 * this.placed] = slot;
    this.places[2 * this.placed + 1] = position;
    this.placed++;
  }

  /** Lets a slot fall empty. There must be room. */
  empty(slot: number): void {
    this.empties[this.emptied++] = slot;
  }
}

function widened(array: Int32Array, used: number, more: number): Int32Array {
  if (used + more <= array.length) return array;
  const wide = new Int32Array(Math.max(used + more, 2 * array.length));
  wide.set(array.subarray(0, used));
  return wide;
}
