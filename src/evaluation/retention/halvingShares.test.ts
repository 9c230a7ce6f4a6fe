// The shares that TreeKV's passes come to: where they are told, a simulated cache has exactly them.
import { expect, it } from 'vitest';
import { type CacheOptions, treekv } from '../../policies/index.ts';
import { halvingShares } from './halvingShares.ts';
import { keptStatistics } from './keptStatistics.ts';
import { replayTrace } from './replayTrace.ts';
import type { RetentionProtocol } from './retentionResult.ts';
import { oneByOne, takeTrace } from './takeTrace.testing.ts';

const MOST = 6;

/** What is told of a run under one TreeKV, and what its cache holds, both in at most `MOST` columns. */
function shares(budget: number, tokens: number, options: CacheOptions = {}, ageBin = budget) {
  const split = { budget, sinks: 0, recent: 0, ...options };
  const cache = treekv.plan(split);
  const protocol = { policies: [{ name: 'treekv', cache }], ageBin, tokens };
  const columns = Math.min(MOST, Math.ceil(tokens / ageBin));
  const told = halvingShares(protocol as unknown as RetentionProtocol, columns);
  const { trace } = takeTrace({ definition: treekv, options: split, heads: 2 }, oneByOne(tokens));
  const { ages } = keptStatistics(replayTrace(trace), { layer: null, tokens, bin: ageBin });
  const older = ages.slice(columns - 1).reduce((sum, share) => sum + share, 0);
  return { told, kept: [...ages.slice(0, columns - 1), older] };
}

it.each([
  [8, 16],
  [8, 24],
  [8, 32],
  [12, 36],
  [16, 80],
  [32, 192],
  [32, 320],
])('a budget of %i over %i tokens has the shares that are told', (budget, tokens) => {
  const { told, kept } = shares(budget, tokens);
  expect(told).toEqual(kept);
});

it.each<[string, Parameters<typeof shares>]>([
  ['a text that ends inside an age', [4, 17]],
  ['more ages than the budget can be halved', [8, 48]],
  ['a budget that cannot be halved as often', [12, 48]],
  ['the printed rule', [8, 32, { rule: 'printed' }]],
  ['protected entries', [8, 32, { sinks: 2 }]],
  ["ages of another policy's budget", [8, 32, {}, 4]],
  ['a text that fits', [8, 8]],
])('%s has none', (_, run) => {
  expect(shares(...run).told).toBeUndefined();
});
