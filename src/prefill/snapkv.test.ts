// Pooling at the edges, and the window.
import { describe, expect, test } from 'vitest';
import { treekv } from '../policies/index.ts';
import { compressLayer } from './compress.ts';
import { pool } from './pool.ts';
import type { FullPrefillPlan, PrefillOptions } from './prefillMethod.ts';
import { planPrefill } from './registry.ts';

describe('pooling', () => {
  test('over the average counts the missing places at the edges as zeros', () => {
    expect([...pool(Float64Array.of(3, 3, 3, 3), 3, 'avg')]).toEqual([2, 3, 3, 2]);
    expect([...pool(Float64Array.of(7), 7, 'avg')]).toEqual([1]);
  });

  test('over the maximum takes what there is', () => {
    expect([...pool(Float64Array.of(-1, -2, -3, 5, -4), 3, 'max')]).toEqual([-1, -1, 5, 5, 5]);
  });

  test('over one place changes nothing', () => {
    const scores = Float64Array.of(3, 1, 2);
    expect(pool(scores, 1, 'max')).toEqual(scores);
    expect(pool(scores, 1, 'avg')).toEqual(scores);
  });
});

function kept(mass: readonly number[], options: Omit<PrefillOptions, 'mode'>, budget: number): number[] {
  const cache = treekv.plan({ budget, sinks: 0, recent: 0 });
  const plan = planPrefill({ mode: 'full', method: 'snapkv', ...options }, cache) as FullPrefillPlan;
  const view = { heads: 1, length: mass.length, queries: plan.recent, mass: Float32Array.from(mass) };
  return [...compressLayer(plan, view, budget).kept];
}

test('a peak keeps its neighbours, the older first', () => {
  expect(kept([0, 0, 0, 0, 9, 0, 0, 0, 0, 0], { window: 2, kernel: 3 }, 4)).toEqual([3, 4, 8, 9]);
});

test('the window is no part of the pooling, however much it is read', () => {
  expect(kept([5, 0, 0, 0, 0, 0, 0, 99], { window: 1, kernel: 3 }, 3)).toEqual([0, 1, 7]);
});

test('without any mass the oldest stay beside the window', () => {
  expect(kept(new Array(10).fill(0), { window: 2, kernel: 3 }, 5)).toEqual([0, 1, 2, 8, 9]);
});

test('a prompt shorter than the window stays whole', () => {
  expect(kept([1, 2, 3], { window: 5 }, 8)).toEqual([0, 1, 2]);
});
