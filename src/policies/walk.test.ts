import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ScopeChoice, WalkRule } from './policy.ts';
import { keptAfter } from './simulate.testing.ts';
import { treekv } from './treekv.ts';
import { scopePlace, turnAt } from './walk.ts';

function unprotected(budget: number, rule: WalkRule, choice: ScopeChoice) {
  return { definition: treekv, options: { budget, sinks: 0, recent: 0, rule, choice } };
}

/** Distances between neighbours, the last one to the end of the text: what each entry stands for. */
function gaps(kept: readonly number[], length: number): number[] {
  return kept.map((token, i) => (kept[i + 1] ?? length) - token);
}

describe('the golden walks of a cache of 4 with a forced choice', () => {
  const lengths = [5, 6, 8, 9, 12, 13, 17, 33];
  const table: [WalkRule, ScopeChoice, string[]][] = [
    [
      'prose',
      'keep-left',
      ['0 2 3 4', '0 2 4 5', '0 2 4 6', '0 4 6 8', '0 4 8 10', '0 8 10 12', '0 12 14 16', '0 28 30 32'],
    ],
    [
      'prose',
      'keep-right',
      ['1 2 3 4', '1 3 4 5', '1 3 5 7', '3 5 7 8', '3 7 9 11', '7 9 11 12', '11 13 15 16', '27 29 31 32'],
    ],
    [
      'printed',
      'keep-left',
      ['0 2 3 4', '0 2 3 5', '0 3 5 7', '0 5 7 8', '0 7 9 11', '0 9 11 12', '0 13 15 16', '0 29 31 32'],
    ],
    [
      'printed',
      'keep-right',
      ['1 2 3 4', '1 2 4 5', '2 4 6 7', '4 6 7 8', '6 8 10 11', '8 10 11 12', '12 14 15 16', '28 30 31 32'],
    ],
  ];
  for (const [rule, choice, kept] of table) {
    test(`${rule}, ${choice}`, () => {
      const scenario = unprotected(4, rule, choice);
      expect(lengths.map((length) => keptAfter(scenario, length).join(' '))).toEqual(kept);
    });
  }
});

describe('the law of the tree', () => {
  const c = 16;
  const scenario = unprotected(c, 'prose', 'keep-left');
  const law: [passes: number, shares: [gap: number, entries: number][]][] = [
    [1, [[2, 16]]],
    [
      2,
      [
        [4, 8],
        [2, 8],
      ],
    ],
    [
      3,
      [
        [8, 4],
        [4, 4],
        [2, 8],
      ],
    ],
    [
      4,
      [
        [16, 2],
        [8, 2],
        [4, 4],
        [2, 8],
      ],
    ],
  ];
  for (const [passes, shares] of law) {
    test(`after ${passes} passes of c evictions the entries stand for ${shares.map(([gap]) => gap)} tokens`, () => {
      const length = c + passes * c;
      const expected = shares.flatMap(([gap, entries]) => Array<number>(entries).fill(gap));
      expect(gaps(keptAfter(scenario, length), length)).toEqual(expected);
    });
  }

  test('the horizon of m places is m log2 m tokens: behind it stands only the first entry', () => {
    for (const m of [4, 8, 16, 32, 64]) {
      const length = m + 13 * m; // whole passes, many more than log2 m
      const [first, oldest] = keptAfter(unprotected(m, 'prose', 'keep-left'), length);
      expect(first).toBe(0);
      expect(length - oldest).toBe(m * Math.log2(m));
    }
  });
});

describe('the scope', () => {
  test('advances by one place in the prose and by two as printed', () => {
    const turns = [0, 1, 2, 3, 4, 5];
    expect(turns.map((turn) => scopePlace('prose', turn, 4))).toEqual([0, 1, 2, 3, 0, 1]);
    expect(turns.map((turn) => scopePlace('printed', turn, 4))).toEqual([0, 2, 0, 2, 0, 2]);
    expect(turns.map((turn) => scopePlace('printed', turn, 3))).toEqual([0, 2, 1, 0, 2, 1]);
  });

  test('follows the printed recurrence idx = (idx + 1) mod c + 1', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 0, max: 200 }), (c, turns) => {
        let idx = 1;
        for (let turn = 0; turn < turns; turn++) idx = ((idx + 1) % c) + 1;
        expect(scopePlace('printed', turns, c)).toBe(idx - 1);
      }),
    );
  });

  test('follows the recurrence of the prose, idx = idx mod c + 1', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 0, max: 200 }), (c, turns) => {
        let idx = 1;
        for (let turn = 0; turn < turns; turn++) idx = (idx % c) + 1;
        expect(scopePlace('prose', turns, c)).toBe(idx - 1);
      }),
    );
  });

  test('stands at a place from the first turn that brings it there, or at the place before that it visits', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.nat(39), (c, somewhere) => {
        const place = somewhere % c;
        for (const rule of ['prose', 'printed'] as const) {
          const visited = Array.from({ length: c }, (_, turn) => scopePlace(rule, turn, c));
          const nearest = Math.max(...visited.filter((other) => other <= place));
          expect(turnAt(rule, place, c)).toBe(visited.indexOf(nearest));
        }
      }),
    );
  });
});
