// Which slot holds which place, for one layer of one sequence. Entries never move once written: an evicted
// entry's slot goes to a newcomer, and token order lives here as a list of slots. Each KV head keeps its own
// list, since heads keep different entries; all heads keep equally many.
//
// A step stages `added` new entries behind the `count` old ones; until `settle` they have no slot but a
// column behind the C slots, the very column under which the engine reports their mass.
import type { Positions } from '../policies/index.ts';
import { EMPTY, type SlotEdits } from './slotEdits.ts';

/** What a fork or a snapshot needs to rebuild an order. */
export interface SlotOrderState {
  readonly capacity: number;
  readonly origin: number;
  /** [heads, count] slots in token order. */
  readonly order: Int32Array;
  /** [heads, count] index in the text of each entry's token. */
  readonly tokens: Int32Array;
}

/** Origins above start again from 0, since rotary tables must reach the highest position. */
const LAST_ORIGIN = 4096;

/** Slots in token order. */
export class SlotOrder {
  readonly heads: number;
  /** Entries per head that lie in slots. */
  count = 0;
  /** Slots per head, C. */
  capacity = 0;
  /** Entries per head of this step that have no slot yet. */
  added = 0;
  /**
   * Position of place 0 where positions are by place. It moves up by one with each eviction, which leaves all
   * newer entries where they are and renumbers only the older ones, the fewer by far on TreeKV's walk. The
   * rotary embedding sees differences of positions and not the origin.
   */
  origin = 0;
  /** Length of a row of `order` and `tokens`. */
  stride = 0;
  // [heads, stride] slot of each rank; capacity + t for the t-th new entry
  order: Int32Array = new Int32Array(0);
  // [heads, stride] index in the text of each rank's token
  tokens: Int32Array = new Int32Array(0);
  // [heads, capacity] stack of free slots, capacity - count of them
  private free = new Int32Array(0);

  constructor(heads: number) {
    this.heads = heads;
  }

  /** Follows the engine's slots when they grow. Not between `stage` and `settle`. */
  grow(capacity: number): void {
    if (capacity <= this.capacity) return;
    const before = this.capacity;
    const spare = before - this.count;
    const free = new Int32Array(this.heads * capacity);
    for (let head = 0; head < this.heads; head++) {
      // The new slots go below the old ones, highest first, so that slots fill from 0 upwards.
      const row = head * capacity;
      for (let i = 0; i < capacity - before; i++) free[row + i] = capacity - 1 - i;
      free.set(this.free.subarray(head * before, head * before + spare), row + capacity - before);
    }
    this.free = free;
    this.capacity = capacity;
  }

  /** Lines up `added` new entries, the tokens firstToken, firstToken + 1, ... of the text. */
  stage(added: number, firstToken: number): void {
    this.reserve(this.count + added);
    this.added = added;
    for (let head = 0; head < this.heads; head++) {
      const at = head * this.stride + this.count;
      for (let t = 0; t < added; t++) {
        this.order[at + t] = this.capacity + t;
        this.tokens[at + t] = firstToken + t;
      }
    }
  }

  /**
   * Brings mass from slot order into token order.
   * @param bySlot [.., columns] the engine's mass, one row a head from `at` on, `step` numbers apart.
   * @param byRank [heads, count + added] receives the mass.
   */
  gather(bySlot: Float32Array, at: number, step: number, byRank: Float32Array): void {
    const { order, heads } = this;
    const n = this.count + this.added;
    for (let head = 0; head < heads; head++) {
      const from = at + head * step;
      let rank = head * this.stride;
      let to = head * n;
      // Four at a time: this touches every entry at every step.
      for (const end = rank + n - 3; rank < end; rank += 4, to += 4) {
        byRank[to] = bySlot[from + order[rank]];
        byRank[to + 1] = bySlot[from + order[rank + 1]];
        byRank[to + 2] = bySlot[from + order[rank + 2]];
        byRank[to + 3] = bySlot[from + order[rank + 3]];
      }
      for (const end = (head + 1) * n; to < end; ) byRank[to++] = bySlot[from + order[rank++]];
    }
  }

  /**
   * Takes the evicted entries out and gives their slots to the new ones that stay.
   * @param evicted [heads, leaving] ranks that leave, ascending.
   * @param edits the layer's edits, to which those of this sequence are added.
   * @param firstHead this sequence's first head among those of the batch.
   * @param tokens T, the staged entries of each head of the batch.
   */
  settle(
    evicted: Int32Array,
    leaving: number,
    positions: Positions,
    edits: SlotEdits,
    firstHead: number,
    tokens: number,
  ): void {
    const { capacity, stride } = this;
    const { slots } = edits;
    const before = this.count;
    const after = before + this.added - leaving;
    const spare = capacity - before;
    const rebased = this.origin + leaving > LAST_ORIGIN;
    if (positions === 'by-place') this.origin = rebased ? 0 : this.origin + leaving;
    for (let head = 0; head < this.heads; head++) {
      const gone = head * leaving;
      const row = head * stride;
      const stack = head * capacity;
      const slotBase = (firstHead + head) * capacity;
      let top = spare;
      let firstNew = before;
      for (let i = gone; i < gone + leaving && evicted[i] < before; i++) {
        this.free[stack + top++] = this.order[row + evicted[i]];
        firstNew--;
      }
      this.compact(evicted, gone, leaving, row);
      // Entries behind the last that left have lost as many places as the origin has gained.
      const older = rebased ? after : leaving === 0 ? 0 : evicted[gone + leaving - 1] - leaving + 1;
      const placed = positions === 'absolute' ? 0 : older;
      edits.reserve(placed + after - Math.max(placed, firstNew), Math.max(0, before - after));
      for (let rank = firstNew; rank < after; rank++) {
        const slot = this.free[stack + --top];
        slots[(firstHead + head) * tokens + this.order[row + rank] - capacity] = slot;
        this.order[row + rank] = slot;
        if (positions === 'absolute') edits.place(slotBase + slot, this.tokens[row + rank]);
      }
      for (let i = spare; i < top; i++) edits.empty(slotBase + this.free[stack + i]);
      if (positions === 'by-place') {
        this.writePlaces(edits, slotBase, row, 0, older);
        this.writePlaces(edits, slotBase, row, Math.max(older, firstNew), after);
      }
    }
    this.count = after;
    this.added = 0;
  }

  state(): SlotOrderState {
    const { heads, count, stride, capacity, origin } = this;
    const order = new Int32Array(heads * count);
    const tokens = new Int32Array(heads * count);
    for (let head = 0; head < heads; head++) {
      order.set(this.order.subarray(head * stride, head * stride + count), head * count);
      tokens.set(this.tokens.subarray(head * stride, head * stride + count), head * count);
    }
    return { capacity, origin, order, tokens };
  }

  /** Rebuilds the order on an empty instance. */
  restore(state: SlotOrderState): void {
    const { heads } = this;
    const count = state.order.length / heads;
    this.count = 0;
    this.capacity = 0;
    this.origin = state.origin;
    this.grow(state.capacity);
    this.reserve(count);
    for (let head = 0; head < heads; head++) {
      const order = state.order.subarray(head * count, (head + 1) * count);
      this.order.set(order, head * this.stride);
      this.tokens.set(state.tokens.subarray(head * count, (head + 1) * count), head * this.stride);
      const used = new Set(order);
      let top = head * state.capacity;
      for (let slot = state.capacity - 1; slot >= 0; slot--) if (!used.has(slot)) this.free[top++] = slot;
    }
    this.count = count;
  }

  /** [heads, capacity] the position of every slot, EMPTY for a free one: what a fork or a snapshot is filled with. */
  positions(rule: Positions): Int32Array {
    const { heads, capacity, stride, origin } = this;
    const positions = new Int32Array(heads * capacity).fill(EMPTY);
    for (let head = 0; head < heads; head++) {
      for (let rank = 0, at = head * stride; rank < this.count; rank++, at++) {
        const position = rule === 'absolute' ? this.tokens[at] : origin + rank;
        positions[head * capacity + this.order[at]] = position;
      }
    }
    return positions;
  }

  /** Closes the gaps that the evicted ranks leave in a head's row. */
  private compact(evicted: Int32Array, gone: number, leaving: number, row: number): void {
    const end = this.count + this.added;
    for (let i = 0; i < leaving; i++) {
      const from = row + evicted[gone + i] + 1;
      const to = row + (i + 1 < leaving ? evicted[gone + i + 1] : end);
      this.order.copyWithin(from - i - 1, from, to);
      this.tokens.copyWithin(from - i - 1, from, to);
    }
  }

  private reserve(entries: number): void {
    if (entries <= this.stride) return;
    const stride = Math.max(entries, Math.ceil(this.stride * 1.5), 64);
    const order = new Int32Array(this.heads * stride);
    const tokens = new Int32Array(this.heads * stride);
    for (let head = 0; head < this.heads; head++) {
      const row = head * this.stride;
      order.set(this.order.subarray(row, row + this.count), head * stride);
      tokens.set(this.tokens.subarray(row, row + this.count), head * stride);
    }
    this.stride = stride;
    this.order = order;
    this.tokens = tokens;
  }

  /** Tells the slots of the places from .. to - 1 of a head their positions. */
  private writePlaces(edits: SlotEdits, slotBase: number, row: number, from: number, to: number): void {
    const { order, origin } = this;
    const { places } = edits;
    let at = 2 * edits.placed;
    // Written straight into the list: on some walks this touches most entries of a step.
    for (let place = from; place < to; place++) {
      places[at++] = slotBase + order[row + place];
      places[at++] = origin + place;
    }
    edits.placed = at / 2;
  }
}
