import fc from 'fast-check';
import { expect, test } from 'vitest';
import { EntryColumn } from './entryColumn.ts';

function columnOf(rows: readonly (readonly number[])[]): EntryColumn {
  const column = new EntryColumn(rows.length);
  column.restore(Float64Array.from(rows.flat()));
  return column;
}

test('new entries hold zero, also where others have stood before', () => {
  const column = columnOf([[1, 2, 3]]);
  column.compact(Int32Array.of(0, 1), 2);
  column.append(2);
  expect([...column.state()]).toEqual([3, 0, 0]);
});

test('adding goes to each entry of each head, whatever the length', () => {
  for (let length = 0; length < 10; length++) {
    const column = columnOf([0, 1].map(() => Array.from({ length }, (_, i) => 100 + i)));
    column.add(Float32Array.from({ length: 2 * length }, (_, i) => i));
    const expected = Array.from({ length: 2 * length }, (_, i) => 100 + (i % length) + i);
    expect([...column.state()]).toEqual(expected);
  }
});

test('adding a wrong number of numbers is refused', () => {
  expect(() => columnOf([[1, 2]]).add(new Float32Array(3))).toThrow('3 numbers for 1 heads of 2 entries');
});

test('growing keeps every row', () => {
  const column = columnOf([
    [1, 2],
    [3, 4],
  ]);
  column.reserve(1000);
  expect([...column.state()]).toEqual([1, 2, 3, 4]);
});

test('compacting removes exactly the evicted ranks of each head', () => {
  const rows = fc.integer({ min: 1, max: 20 }).chain((length) =>
    fc.record({
      length: fc.constant(length),
      perHead: fc.integer({ min: 0, max: length }),
      order: fc.array(fc.shuffledSubarray([...Array(length).keys()], { minLength: length }), {
        minLength: 1,
        maxLength: 3,
      }),
    }),
  );
  fc.assert(
    fc.property(rows, ({ length, perHead, order }) => {
      const evicted = order.map((ranks) => ranks.slice(0, perHead).sort((a, b) => a - b));
      const column = columnOf(order.map((_, head) => Array.from({ length }, (_, rank) => 100 * head + rank)));
      column.compact(Int32Array.from(evicted.flat()), perHead);
      const expected = evicted.flatMap((gone, head) =>
        [...Array(length).keys()].filter((rank) => !gone.includes(rank)).map((rank) => 100 * head + rank),
      );
      expect([...column.state()]).toEqual(expected);
    }),
  );
});

test('a state is a copy', () => {
  const column = columnOf([[1, 2]]);
  column.state().fill(9);
  expect([...column.state()]).toEqual([1, 2]);
});

test('a state for another number of heads is refused', () => {
  const column = new EntryColumn(2);
  expect(() => column.restore(new Float64Array(5))).toThrow('5 numbers does not divide into 2 heads');
});
