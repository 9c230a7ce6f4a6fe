// The order of slots in single steps that can be followed by hand: who gets which slot, what is dropped, what
// is marked empty, and what a state brings back.
import { expect, test } from 'vitest';
import { EMPTY, SlotEdits } from './slotEdits.ts';
import { SlotOrder } from './slotOrder.ts';

/** The positions of all slots, kept up to date by edits. */
function tableFor(order: SlotOrder): Int32Array {
  return new Int32Array(order.heads * order.capacity).fill(EMPTY);
}

/** One head with the tokens 0 .. count - 1 in the slots 0 .. count - 1. */
function filled(count: number, capacity = count): SlotOrder {
  const order = new SlotOrder(1);
  order.grow(capacity);
  step(order, count, []);
  return order;
}

/** Stages and settles; the slots that the new entries got. @param table follows. */
function step(order: SlotOrder, added: number, evicted: number[], table = tableFor(order)): number[] {
  const edits = new SlotEdits();
  edits.begin(added);
  order.stage(added, 100);
  order.settle(Int32Array.from(evicted), evicted.length, 'by-place', edits, 0, added);
  apply(edits, table);
  return [...edits.slots];
}

function apply({ places, placed, empties, emptied }: SlotEdits, table: Int32Array): void {
  for (let i = 0; i < placed; i++) table[places[2 * i]] = places[2 * i + 1];
  for (let i = 0; i < emptied; i++) table[empties[i]] = EMPTY;
}

test('slots fill from 0 upwards', () => {
  const order = new SlotOrder(1);
  order.grow(4);
  expect(step(order, 3, [])).toEqual([0, 1, 2]);
});

test('grown slots are used after the old ones', () => {
  const order = new SlotOrder(1);
  order.grow(3);
  step(order, 2, []);
  order.grow(6);
  expect(step(order, 3, [])).toEqual([2, 3, 4]);
});

test('growing to fewer slots changes nothing', () => {
  const order = filled(4);
  order.grow(2);
  expect(order.capacity).toBe(4);
});

test('a newcomer takes the slot of the entry that left', () => {
  const order = filled(4);
  expect(step(order, 1, [1])).toEqual([1]);
  expect([...order.order.subarray(0, 4)]).toEqual([0, 2, 3, 1]);
});

test('a newcomer that leaves at once gets slot -1', () => {
  const order = filled(4);
  expect(step(order, 3, [0, 4, 5])).toEqual([-1, -1, 0]);
});

test('when only newcomers leave, the others among them are still told their positions', () => {
  const order = filled(2, 4);
  const table = tableFor(order);
  expect(step(order, 3, [3], table)).toEqual([2, -1, 3]);
  // One left, so the origin is 1 and the places 0 .. 3 stand at 1 .. 4.
  expect([...table]).toEqual([1, 2, 3, 4]);
});

test('when more leave than come, their slots are marked empty', () => {
  const order = filled(4);
  const table = tableFor(order);
  table.fill(0);
  step(order, 1, [0, 1, 2], table);
  const used = new Set(order.order.subarray(0, order.count));
  for (let slot = 0; slot < 4; slot++) expect(table[slot] === EMPTY).toBe(!used.has(slot));
});

test('everything may leave', () => {
  const order = filled(3);
  expect(step(order, 2, [0, 1, 2, 3, 4])).toEqual([-1, -1]);
  expect(order.count).toBe(0);
});

test('gather brings mass from slots to ranks, the new entries from behind the slots', () => {
  const order = filled(3, 4);
  step(order, 1, [0]); // slots by rank 1, 2 and then 0
  order.stage(2, 0);
  const byRank = new Float32Array(5);
  // slots 0 .. 3, then the two new columns; the row begins at 1
  order.gather(Float32Array.of(9, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6), 1, 6, byRank);
  expect([...byRank]).toEqual([0.2, 0.3, 0.1, 0.5, 0.6].map(Math.fround));
});

test('heads keep different entries', () => {
  const order = new SlotOrder(2);
  order.grow(3);
  const [edits, table] = [new SlotEdits(), tableFor(order)];
  edits.begin(8);
  order.stage(4, 0);
  order.settle(Int32Array.of(0, 2), 1, 'absolute', edits, 0, 4);
  apply(edits, table);
  expect([...edits.slots]).toEqual([-1, 0, 1, 2, 0, 1, -1, 2]);
  expect([...table]).toEqual([1, 2, 3, 0, 1, 3]);
});

test('a state brings back order, tokens and free slots', () => {
  const order = filled(4, 6);
  step(order, 1, [1, 2]);
  const copy = new SlotOrder(1);
  copy.restore(order.state());
  expect(copy.state()).toEqual(order.state());
  const [a, b] = [step(order, 2, [0]), step(copy, 2, [0])];
  expect(new Set(b)).toEqual(new Set(a));
});

test('a state is a copy that later steps leave alone', () => {
  const order = filled(3);
  const state = order.state();
  step(order, 1, [0]);
  expect([...state.order]).toEqual([0, 1, 2]);
});

test('the origin follows evictions and starts again before tables would grow without end', () => {
  const order = filled(3);
  const table = order.positions('by-place');
  let highest = 0;
  for (let i = 0; i < 10_000; i++) {
    step(order, 1, [1], table);
    const positions = [0, 1, 2].map((rank) => table[order.order[rank]]);
    expect(positions).toEqual([0, 1, 2].map((place) => order.origin + place));
    highest = Math.max(highest, order.origin);
  }
  expect(highest).toBe(4096);
});

test('the positions of all slots are those of their entries, and EMPTY where nothing lies', () => {
  const order = filled(4, 5);
  step(order, 1, [1, 2]);
  const held = [...order.order.subarray(0, 3)];
  const absolute = order.positions('absolute');
  expect(held.map((slot) => absolute[slot])).toEqual([100, 103, 100]);
  expect([...absolute].filter((position) => position === EMPTY)).toHaveLength(2);
});
