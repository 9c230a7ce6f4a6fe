// What units come to, as numbers, as a table and as a picture; the numbers are counted by hand.
import { expect, test } from 'vitest';
import { renderSvg } from '../../report/index.ts';
import { recordSessions } from '../sessionRecord.ts';
import { planSessions } from '../sessionSpec.ts';
import type { NeedleResult } from './evaluateNeedle.ts';
import { needlePlots } from './needlePlots.ts';
import { summariseNeedle } from './needleSummary.ts';
import { needleTable } from './needleTable.ts';
import type { NeedleUnit } from './needleUnit.ts';

const grid = { lengths: [512, 1024], depths: [0, 1], sessions: [{ name: 'full' }, { name: 'treekv' }] };
const SAMPLES = 4;
const records = await recordSessions(await planSessions(['full', 'treekv'], { budget: 256 }, { chunk: 32 }));

/** `full` finds all but the last sample at 1024; `treekv` the first two at depth 1. */
const hit = (policy: string, length: number, depth: number, sample: number): boolean =>
  policy === 'full' ? length === 512 || sample < 3 : depth === 1 && sample < 2;

const units = (scoreOf: (found: boolean, sample: number) => NeedleUnit['score']): NeedleUnit[] =>
  grid.lengths.flatMap((length) =>
    grid.depths.flatMap((depth) =>
      Array.from({ length: SAMPLES }, (_, sample) => sample).flatMap((sample) =>
        grid.sessions.map(({ name: policy }) => ({
          key: [policy, length, depth, sample].join(' '),
          ...{ policy, length, depth, sample, tokens: length, needleAt: 1, depthReached: depth, answer: 'x' },
          score: scoreOf(hit(policy, length, depth, sample), sample),
        })),
      ),
    ),
  );
const written = units((found) => ({ text: found ? 'x' : 'y', contains: found, exact: found }));
const likely = units((found, sample) => ({
  ...{ nll: found ? 0.5 : 1 + sample, tokens: 2, likeliest: found ? 2 : 1, exact: found },
}));

test('cells and policies have rates, intervals and numbers of prompts', () => {
  const { cells, policies } = summariseNeedle(written, grid);
  expect(cells.map(({ policy, length, depth, hits, n }) => [policy, length, depth, hits, n])).toEqual([
    ...[
      ['full', 512, 0, 4, 4],
      ['full', 512, 1, 4, 4],
      ['full', 1024, 0, 3, 4],
      ['full', 1024, 1, 3, 4],
    ],
    ...[
      ['treekv', 512, 0, 0, 4],
      ['treekv', 512, 1, 2, 4],
      ['treekv', 1024, 0, 0, 4],
      ['treekv', 1024, 1, 2, 4],
    ],
  ]);
  // Wilson, 95 %: 14 of 16 by an independent calculation
  expect(policies[0]).toMatchObject({
    ...{ n: 16, hits: 14, rate: 0.875, nll: null },
    exact: { n: 16, hits: 14, rate: 0.875 },
  });
  expect(policies[0].low).toBeCloseTo(0.6398, 4);
  expect(policies[0].high).toBeCloseTo(0.965, 4);
});

test('policies compare prompt by prompt', () => {
  const { pairs } = summariseNeedle(written, grid);
  // of the 4 that treekv found, full found all; of the 14 that full found, treekv missed 10
  expect(pairs).toHaveLength(1);
  expect(pairs[0]).toMatchObject({
    first: 'full',
    second: 'treekv',
    n: 16,
    onlyFirst: 10,
    onlySecond: 0,
    nll: null,
  });
  expect(pairs[0].rate.mean).toBeCloseTo(10 / 16, 12);
});

test('likelihoods have means, and differences by prompt', () => {
  const { policies, pairs } = summariseNeedle(likely, grid);
  // full: 14 x 0.5 and 2 x 4; treekv: 4 x 0.5, 8 x at depth 0: 1 + 2 + 3 + 4 twice, at depth 1: 3 + 4 twice
  expect(policies[0].nll?.mean).toBeCloseTo((14 * 0.5 + 8) / 16, 12);
  expect(policies[1].nll?.mean).toBeCloseTo((4 * 0.5 + 2 * 10 + 2 * 7) / 16, 12);
  expect(pairs[0].nll?.mean).toBeCloseTo((15 - 36) / 16, 12);
});

function resultOf(own: readonly NeedleUnit[]): NeedleResult {
  const protocol = {
    ...{ task: 'passkey', needle: 'number', ask: 'question', score: 'generation', samples: SAMPLES, seed: 0 },
    ...{
      lengths: grid.lengths,
      depths: grid.depths,
      policies: records,
      chat: null,
      maxNewTokens: 12,
      filler: null,
    },
    ...{ queryInWords: 'read last', scored: 'as told', intervals: 'as told', placement: 'somewhere' },
    ...{ bos: 'none', seam: 'none', dtype: 'weights q8', promptLength: 'exact', draws: 'alike' },
  };
  const model = { name: 'tiny', dtype: 'q8', trainedContext: 4096 };
  const summary = summariseNeedle(own, grid);
  return { model, protocol, units: own, summary, seconds: 1 } as unknown as NeedleResult;
}

test('the table has rate, interval and n in every cell', () => {
  const lines = needleTable(resultOf(written)).split('\n');
  expect(lines).toContain('| policy | length | depth 0 | depth 1 |');
  expect(lines).toContain('| treekv | 512 | 0.00 [0.00, 0.49], 4 | 0.50 [0.15, 0.85], 4 |');
  expect(lines).toContain('| full | all | 0.88 [0.64, 0.97], 16 | 0.88 [0.64, 0.97], 16 |');
  expect(lines.filter((line) => line.startsWith('| full | treekv | 10 | 0 | 16 | 0.63 ['))).toHaveLength(1);
  expect(needleTable(resultOf(likely))).toContain('nll per answer token');
});

test('exact matches have a rate of their own, in a cell where it is another than that of hits', () => {
  const begun = units((found, sample) => ({ text: 'x', contains: found, exact: found && sample === 0 }));
  const lines = needleTable(resultOf(begun)).split('\n');
  expect(lines).toContain(
    '| treekv | 512 | 0.00 [0.00, 0.49], 4 | 0.50 [0.15, 0.85], 4; exact 0.25 [0.05, 0.70] |',
  );
  expect(lines).toContain('| treekv | 256 | 0.25 [0.10, 0.49], 16 | 0.13 [0.03, 0.36], 16 |');
});

test('two policies that find the same prompts differ by an interval of some width', () => {
  const alike = units(() => ({ text: 'x', contains: true, exact: true }));
  const [{ rate }] = summariseNeedle(alike, grid).pairs;
  expect(rate.mean).toBe(0);
  expect(rate.low).toBeCloseTo(-(rate.high ?? 0), 12);
  expect(rate.high).toBeGreaterThan(0.1);
});

test('below the tables stands under what they were measured', () => {
  const moved = written.map((unit, i) => (i === 3 ? { ...unit, depthReached: unit.depth + 0.1355 } : unit));
  const text = needleTable(resultOf(moved));
  const [, measured] = text.split('\n\nHow it was measured\n\n');
  expect(measured).toContain('- model: tiny, trained to 4,096 tokens, weights q8\n');
  expect(measured).toContain('the depth reached is at most 0.14 from the one asked for');
  expect(measured).toContain('at most 12 tokens are written');
  expect(measured).toMatch(
    /^- full: keeps everything; 1,035 entries visible at most; .*prompt: stays whole$/m,
  );
  expect(measured).toMatch(
    /^- treekv: keeps 256 = 4 sinks \+ .*; 288 entries visible at most; .*read in chunks of 32 once the cache is full$/m,
  );
  expect(text).toMatch(/Note: the weights are q8\..*$/);
});

test('the picture has a facet a policy and the rate in each cell', async () => {
  const svg = await renderSvg(needlePlots(resultOf(written))['']);
  const words = Array.from(svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g), ([, word]) => word);
  for (const { name } of grid.sessions) expect(words).toContain(name);
  const rates = words.filter((word) => /^\d\.\d\d$/.test(word));
  expect(rates.sort()).toEqual(['0.00', '0.00', '0.50', '0.50', '0.75', '0.75', '1.00', '1.00']);
});
