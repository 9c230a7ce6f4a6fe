// The order of slots under random steps, against a plain list of tokens a head. A small store stands in for
// the engine: it holds a token where the engine holds a key, so a slot that is lost or overwritten shows.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { EMPTY, SlotEdits } from './slotEdits.ts';
import { SlotOrder } from './slotOrder.ts';

/** The first head of the sequence in the store; the heads before it belong to another and must not change. */
const FIRST_HEAD = 1;
const UNTOUCHED = 77;

/** What an engine keeps of one layer, with tokens for keys. */
class TokenStore {
  capacity = 0;
  positions = new Int32Array(0);
  private tokens = new Int32Array(0);
  private readonly heads: number;

  constructor(heads: number) {
    this.heads = FIRST_HEAD + heads;
  }

  grow(capacity: number): void {
    const { heads, capacity: before } = this;
    const relaid = (from: Int32Array, fill: number): Int32Array<ArrayBuffer> => {
      const to = new Int32Array(heads * capacity).fill(fill);
      for (let head = 0; head < heads; head++) {
        to.set(from.subarray(head * before, (head + 1) * before), head * capacity);
      }
      return to;
    };
    this.positions = relaid(this.positions, EMPTY);
    this.tokens = relaid(this.tokens, -1);
    this.capacity = capacity;
    this.positions.fill(UNTOUCHED, 0, FIRST_HEAD * capacity);
  }

  commit({ slots, places, placed, empties, emptied }: SlotEdits, added: number, firstToken: number): void {
    for (const [i, slot] of slots.entries()) {
      if (slot < 0) continue;
      this.tokens[Math.floor(i / added) * this.capacity + slot] = firstToken + (i % added);
    }
    const changed = new Set<number>();
    const change = (slot: number, position: number): void => {
      expect(changed.has(slot)).toBe(false);
      changed.add(slot);
      this.positions[slot] = position;
    };
    for (let i = 0; i < placed; i++) change(places[2 * i], places[2 * i + 1]);
    for (let i = 0; i < emptied; i++) change(empties[i], EMPTY);
  }

  token(head: number, slot: number): number {
    return this.tokens[(FIRST_HEAD + head) * this.capacity + slot];
  }

  position(head: number, slot: number): number {
    return this.positions[(FIRST_HEAD + head) * this.capacity + slot];
  }

  isEmpty(head: number, slot: number): boolean {
    return this.position(head, slot) === EMPTY;
  }
}

interface Step {
  readonly added: number;
  /** Per cent of the entries that leave. */
  readonly leaving: number;
  /** Which leave, a seed. */
  readonly draw: number;
  /** Slots grown beyond need. */
  readonly spare: number;
  /** Whether the order is rebuilt from its state before the step. */
  readonly rebuilt: boolean;
}

const steps = fc.array(
  fc.record<Step>({
    added: fc.integer({ min: 1, max: 9 }),
    leaving: fc.integer({ min: 0, max: 100 }),
    draw: fc.nat(1e6),
    spare: fc.constantFrom(0, 0, 0, 1, 7),
    rebuilt: fc.boolean(),
  }),
  { minLength: 1, maxLength: 25 },
);
const positionRules = fc.constantFrom('by-place', 'absolute');
const headCounts = fc.integer({ min: 1, max: 3 });

/** `count` different ranks below n, ascending, another set for each head. */
function ranks(n: number, count: number, seed: number): number[] {
  const keyed = Array.from({ length: n }, (_, rank) => ({
    rank,
    key: Math.imul(seed + rank, 2654435761) >>> 3,
  }));
  const chosen = keyed.sort((a, b) => (a.key % 1009) - (b.key % 1009)).slice(0, count);
  return chosen.map(({ rank }) => rank).sort((a, b) => a - b);
}

/** Runs steps and calls `check` after each with the plain lists of tokens. */
function run(
  heads: number,
  positions: 'by-place' | 'absolute',
  script: readonly Step[],
  check: (order: SlotOrder, store: TokenStore, lists: readonly number[][]) => void,
): void {
  let order = new SlotOrder(heads);
  const store = new TokenStore(heads);
  const edits = new SlotEdits();
  let lists: number[][] = Array.from({ length: heads }, () => []);
  let seen = 0;
  for (const { added, leaving: share, draw, spare, rebuilt } of script) {
    const n = order.count + added;
    const leaving = Math.floor((share * n) / 100);
    if (n - leaving > order.capacity || spare > 0) {
      store.grow(Math.max(n - leaving, order.capacity) + spare);
      order.grow(store.capacity);
    }
    if (rebuilt) {
      const state = order.state();
      order = new SlotOrder(heads);
      order.restore(state);
    }
    order.stage(added, seen);
    const leavers = lists.map((_, head) => ranks(n, leaving, draw + 31 * head));
    edits.begin((FIRST_HEAD + heads) * added);
    order.settle(Int32Array.from(leavers.flat()), leaving, positions, edits, FIRST_HEAD, added);
    store.commit(edits, added, seen);
    lists = lists.map((list, head) => {
      const all = [...list, ...Array.from({ length: added }, (_, t) => seen + t)];
      return all.filter((_, rank) => !leavers[head].includes(rank));
    });
    seen += added;
    check(order, store, lists);
  }
}

/** Slots of a head in token order. */
function slotsOf(order: SlotOrder, head: number): number[] {
  return [...order.order.subarray(head * order.stride, head * order.stride + order.count)];
}

test('every head keeps distinct slots below the capacity, and the tokens that the plain list keeps', () => {
  fc.assert(
    fc.property(headCounts, positionRules, steps, (heads, positions, script) => {
      run(heads, positions, script, (order, _store, lists) => {
        for (const [head, list] of lists.entries()) {
          const slots = slotsOf(order, head);
          expect(new Set(slots).size).toBe(list.length);
          expect(slots.every((slot) => slot >= 0 && slot < order.capacity)).toBe(true);
          expect([...order.tokens.subarray(head * order.stride, head * order.stride + order.count)]).toEqual(
            list,
          );
        }
      });
    }),
  );
});

test('an entry lies in the slot that it was written to as long as it lives', () => {
  fc.assert(
    fc.property(headCounts, steps, (heads, script) => {
      const homes = new Map<string, number>();
      run(heads, 'by-place', script, (order, store, lists) => {
        for (const [head, list] of lists.entries()) {
          for (const [rank, slot] of slotsOf(order, head).entries()) {
            expect(store.token(head, slot)).toBe(list[rank]);
            const key = `${head} ${list[rank]}`;
            expect(homes.get(key) ?? slot).toBe(slot);
            homes.set(key, slot);
          }
        }
      });
    }),
  );
});

test('positions are origin + place by place and indices in the text otherwise, and no other sequence is touched', () => {
  fc.assert(
    fc.property(headCounts, positionRules, steps, (heads, positions, script) => {
      run(heads, positions, script, (order, store, lists) => {
        for (const [head, list] of lists.entries()) {
          const expected = positions === 'absolute' ? list : list.map((_, place) => order.origin + place);
          expect(slotsOf(order, head).map((slot) => store.position(head, slot))).toEqual(expected);
        }
        const others = store.positions.subarray(0, FIRST_HEAD * store.capacity);
        expect(others.every((position) => position === UNTOUCHED)).toBe(true);
      });
    }),
  );
});

test('exactly the slots in no use are marked empty', () => {
  fc.assert(
    fc.property(headCounts, steps, (heads, script) => {
      run(heads, 'by-place', script, (order, store, lists) => {
        for (const head of lists.keys()) {
          const used = new Set(slotsOf(order, head));
          for (let slot = 0; slot < order.capacity; slot++)
            expect(store.isEmpty(head, slot)).toBe(!used.has(slot));
        }
      });
    }),
  );
});
