// The tree of merges against the golden walks and the paper's Figure 3: what is kept, whose scope it was, and that a
// pass over the cache doubles what its entries stand for.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { h2o, treekv } from '../../policies/index.ts';
import { softmaxLike } from '../../policies/simulate.testing.ts';
import { type MergeTree, mergeTree } from './mergeTree.ts';
import { oneByOne, takeTrace } from './takeTrace.testing.ts';

const nothingProtected = { sinks: 0, recent: 0 };

function treeOf(options: Parameters<typeof treekv.plan>[0], tokens: number, seed = 1): MergeTree {
  const scenario = { definition: treekv, options: { ...nothingProtected, ...options }, heads: 2 };
  const { trace } = takeTrace({ ...scenario, attention: () => softmaxLike(seed) }, oneByOne(tokens));
  return mergeTree(trace, 0, 1);
}

const lengths = [5, 6, 8, 9, 12, 13, 17, 33];

// c = 4, tokens 0 .. T - 1; kv-compression anchors, section 1.1
describe.each([
  ['prose', 'keep-left', '0 2 3 4|0 2 4 5|0 2 4 6|0 4 6 8|0 4 8 10|0 8 10 12|0 12 14 16|0 28 30 32'],
  ['prose', 'keep-right', '1 2 3 4|1 3 4 5|1 3 5 7|3 5 7 8|3 7 9 11|7 9 11 12|11 13 15 16|27 29 31 32'],
  ['printed', 'keep-left', '0 2 3 4|0 2 3 5|0 3 5 7|0 5 7 8|0 7 9 11|0 9 11 12|0 13 15 16|0 29 31 32'],
  ['printed', 'keep-right', '1 2 3 4|1 2 4 5|2 4 6 7|4 6 7 8|6 8 10 11|8 10 11 12|12 14 15 16|28 30 31 32'],
] as const)('%s, %s', (rule, choice, golden) => {
  test.each(golden.split('|').map((kept, i) => [lengths[i], kept] as const))(
    '%i tokens: %s',
    (tokens, kept) => {
      const { end } = treeOf({ budget: 4, rule, choice }, tokens);
      expect(end.map(({ token }) => token).join(' ')).toBe(kept);
    },
  );
});

test('Figure 3: the scope is the first pair at step 5 and again at step 17, and each pass pairs all neighbours', () => {
  const { steps } = treeOf({ budget: 4 }, 17);
  const places = steps.map(
    ({ before, scope }) => scope && before.findIndex(({ token }) => token === scope[0]),
  );
  expect(places.slice(0, 4)).toEqual([null, null, null, null]);
  expect(places.slice(4)).toEqual([0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0]);
});

test('after p passes the entries stand for 2^p, 2^(p-1), ... tokens, in the shares that the paper implies', () => {
  const sizes = (passes: number): number[] =>
    treeOf({ budget: 8 }, 8 * (passes + 1), passes).end.map(({ from, to }) => to - from + 1);
  expect(sizes(1)).toEqual([2, 2, 2, 2, 2, 2, 2, 2]);
  expect(sizes(2)).toEqual([4, 4, 4, 4, 2, 2, 2, 2]);
  expect(sizes(3)).toEqual([8, 8, 4, 4, 2, 2, 2, 2]);
  expect(sizes(4)).toEqual([16, 8, 4, 4, 2, 2, 2, 2]);
});

test('entries stand for stretches that tile the text, each around its own token', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 12 }),
      fc.nat({ max: 3 }),
      fc.nat({ max: 3 }),
      fc.integer({ min: 1, max: 60 }),
      fc.nat(1e6),
      fc.constantFrom('prose' as const, 'printed' as const),
      (selected, sinks, recent, tokens, seed, rule) => {
        const { steps, end } = treeOf(
          { budget: selected + sinks + recent, sinks, recent, rule },
          tokens,
          seed,
        );
        const read = steps.map(({ token, before }) => ({ last: token, entries: before }));
        for (const { last, entries } of [...read, { last: tokens - 1, entries: end }]) {
          let next = 0;
          for (const { token, from, to } of entries) {
            expect(from).toBe(next);
            expect(token >= from && token <= to).toBe(true);
            next = to + 1;
          }
          expect(next).toBe(last + 1);
        }
      },
    ),
  );
});

test('a policy without a walk has steps, and every entry stands for itself', () => {
  const options = { budget: 4, ...nothingProtected };
  const { trace } = takeTrace({ definition: h2o, options }, oneByOne(12));
  const { steps, end } = mergeTree(trace, 0, 0);
  expect(steps.map(({ left }) => left !== null)).toEqual([...Array(4).fill(false), ...Array(8).fill(true)]);
  for (const { scope, before } of steps) {
    expect(scope).toBeNull();
    for (const { token, from, to } of before) expect([from, to]).toEqual([token, token]);
  }
  expect(end).toHaveLength(4);
});
