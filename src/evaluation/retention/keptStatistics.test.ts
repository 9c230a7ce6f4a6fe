// Ages and spacing on rows written by hand, and the shares by age that the paper's tree implies.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { treekv } from '../../policies/index.ts';
import { softmaxLike } from '../../policies/simulate.testing.ts';
import { keptStatistics } from './keptStatistics.ts';
import { oneByOne, takeTrace } from './takeTrace.testing.ts';

function rows(...heads: readonly (readonly number[])[]) {
  return { heads: heads.length, layers: [Int32Array.from(heads.flat())] };
}

test('ages count from the end of the text, in bins; shares sum to 1', () => {
  const kept = rows([0, 7, 9], [4, 8, 9]);
  // ages 9, 2, 0 and 5, 1, 0
  expect(keptStatistics(kept, { layer: 0, tokens: 10, bin: 4 }).ages).toEqual([4 / 6, 1 / 6, 1 / 6]);
});

test('a stretch is that of a token of the text, the beginning and the end counted', () => {
  // holes of 2, 3 and 1; three kept
  const { stretch, largestHole, entries } = keptStatistics(rows([2, 6, 7]), {
    layer: null,
    tokens: 9,
    bin: 9,
  });
  expect(stretch).toBeCloseTo((2 * 2 + 3 * 3 + 1 * 1 + 3) / 9, 12);
  expect([largestHole, entries]).toEqual([3, 3]);
});

test('even spacing has no clumps whatever its density; fewer than 9 entries say nothing', () => {
  const spaced = (by: number, count: number) => rows(Array.from({ length: count }, (_, i) => i * by));
  const clumps = (kept: ReturnType<typeof rows>) =>
    keptStatistics(kept, { layer: 0, tokens: 400, bin: 100 }).clumpiness;
  expect(clumps(spaced(1, 20))).toBe(0);
  expect(clumps(spaced(7, 20))).toBe(0);
  expect(clumps(spaced(1, 8))).toBeNull();
  // one gap of 9 among seven of 1: mean 2, variance 7, so that clumps are 7 / 4
  expect(clumps(rows([0, 1, 2, 3, 12, 13, 14, 15, 16]))).toBeCloseTo(7 / 4, 12);
});

test('a layer can be looked at alone', () => {
  const kept = { heads: 1, layers: [Int32Array.of(0, 1), Int32Array.of(2, 3)] };
  const of = (layer: number | null) => keptStatistics(kept, { layer, tokens: 4, bin: 2 }).ages;
  expect([of(0), of(1), of(null)]).toEqual([
    [0, 1],
    [1, 0],
    [0.5, 0.5],
  ]);
});

test("TreeKV's shares by age after a whole pass are 1/2, 1/4, ..., whatever the attention", () => {
  fc.assert(
    fc.property(fc.nat(1e6), (seed) => {
      const options = { budget: 16, sinks: 0, recent: 0 };
      const scenario = { definition: treekv, options, heads: 2, attention: () => softmaxLike(seed) };
      const { kept } = takeTrace(scenario, oneByOne(16 * 4));
      const { ages } = keptStatistics(kept[kept.length - 1], { layer: 0, tokens: 64, bin: 16 });
      expect(ages.slice(0, 2)).toEqual([0.5, 0.25]);
      // the oldest quarter stands for two bins, and may keep either's tokens
      expect(ages[2] + ages[3]).toBe(0.25);
    }),
    { numRuns: 20 },
  );
});
