import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Choose, evictOneByOne } from './evictOneByOne.ts';

/** What leaves, per head. */
function run(budget: number, before: number, added: number, heads: number, choose: Choose): number[][] {
  const leaving = Math.max(0, before + added - budget);
  const evicted = new Int32Array(heads * leaving);
  expect(evictOneByOne(budget, choose)({ heads, before, added }, evicted)).toBe(leaving);
  return Array.from({ length: heads }, (_, head) => [
    ...evicted.subarray(head * leaving, (head + 1) * leaving),
  ]);
}

test('nothing leaves while the budget holds', () => {
  const never: Choose = () => {
    throw new Error('asked');
  };
  expect(run(8, 3, 5, 2, never)).toEqual([[], []]);
});

test('the rule sees budget + 1 ascending ranks, the newest last, and the turn within the step', () => {
  const calls: [number, number[], number][] = [];
  run(3, 2, 4, 1, (head, alive, length, turn) => {
    calls.push([head, [...alive.subarray(0, length)], turn]);
    return 1;
  });
  expect(calls).toEqual([
    [0, [0, 1, 2, 3], 0],
    [0, [0, 2, 3, 4], 1],
    [0, [0, 3, 4, 5], 2],
  ]);
});

test('each head starts anew', () => {
  expect(run(2, 2, 2, 2, (head) => head)).toEqual([
    [0, 1],
    [1, 2],
  ]);
});

test('an entry may leave in the step that brought it', () => {
  expect(run(2, 2, 3, 1, (_head, _alive, length) => length - 1)).toEqual([[2, 3, 4]]);
});

test('one chunk and its tokens evict the same if the rule sees only places and turns', () => {
  const scenario = fc.record({
    budget: fc.integer({ min: 1, max: 9 }),
    added: fc.integer({ min: 1, max: 30 }),
    places: fc.array(fc.nat(1000), { minLength: 30, maxLength: 30 }),
  });
  fc.assert(
    fc.property(scenario, ({ budget, added, places }) => {
      const [evicted] = run(budget, 0, added, 1, (_head, _alive, length, turn) => places[turn] % length);
      const alive: number[] = [];
      for (let token = 0, turn = 0; token < added; token++) {
        alive.push(token);
        if (alive.length > budget) alive.splice(places[turn++] % (budget + 1), 1);
      }
      const kept = [...Array(added).keys()].filter((rank) => !evicted.includes(rank));
      expect(kept).toEqual(alive);
    }),
  );
});
