// Where the layer budgets bend: short prompts, one layer, windows that leave little. The formula itself is held
// against the anchors' statements in reference.test.ts.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { policies, treekv } from '../policies/index.ts';
import { layerBudgets } from './compress.ts';
import type { FullPrefillPlan } from './prefillMethod.ts';
import { pyramidBudgets } from './pyramidkv.ts';
import { planPrefill } from './registry.ts';

const total = (budgets: readonly number[]) => budgets.reduce((a, b) => a + b, 0);

describe('the budgets of layers', () => {
  test('fall in equal steps around the mean: a cache of 128 in 32 layers', () => {
    // mean 96, least 4, most 188: a step of floor(184 / 31) = 5
    const budgets = pyramidBudgets(96, 32, 32, 4096);
    expect(budgets[0]).toBe(188 + 32);
    expect(budgets[31]).toBe(188 - 31 * 5 + 32);
    expect(budgets.slice(1).map((budget, i) => budgets[i] - budget)).toEqual(Array(31).fill(5));
  });

  test('add up to the mean where the step needs no rounding', () => {
    // mean 100, least 5, most 195: 190 is 19 steps of 10
    expect(total(pyramidBudgets(100, 32, 20, 4096))).toBe(20 * 132);
    expect(pyramidBudgets(100, 32, 20, 4096).at(-1)).toBe(5 + 32);
  });

  test('exceed the mean by what rounding the step down leaves, and by no more', () => {
    const sizes = fc.record({
      mean: fc.integer({ min: 1, max: 2000 }),
      window: fc.integer({ min: 1, max: 64 }),
      layers: fc.integer({ min: 2, max: 80 }),
      length: fc.integer({ min: 1, max: 9000 }),
    });
    fc.assert(
      fc.property(sizes, ({ mean, window, layers, length }) => {
        const budgets = pyramidBudgets(mean, window, layers, length);
        const even = layers * (mean + window);
        const most = budgets[0] - window;
        const rest = (2 * (most - mean)) % (layers - 1);
        expect(total(budgets)).toBe(even + (layers * rest) / 2);
        for (const budget of budgets)
          expect(budget).toBeGreaterThanOrEqual(window + Math.floor(mean / 20) * +(budget < mean));
      }),
      { numRuns: 1000 },
    );
  });

  test('never ask for more than the prompt has, once it is longer than the mean', () => {
    fc.assert(
      fc.property(fc.nat(500), fc.integer({ min: 1, max: 40 }), fc.nat(2000), (mean, window, more) => {
        const length = mean + 1 + window + more;
        for (const budget of pyramidBudgets(mean + 1, window, 12, length)) {
          expect(budget).toBeLessThanOrEqual(length);
        }
      }),
    );
  });

  test('are even for a prompt that the mean holds, and for one of less than twice the mean', () => {
    const even = [132, 132, 132, 132];
    expect(pyramidBudgets(100, 32, 4, 20)).toEqual(even);
    expect(pyramidBudgets(100, 32, 4, 131)).toEqual(even);
    expect(pyramidBudgets(100, 32, 4, 132)).toEqual(even);
    expect(pyramidBudgets(100, 32, 4, 199)).toEqual(even);
  });

  test('give the last layer what a prompt of twice the mean cannot give the first', () => {
    // most = min(195, 200 - 32) = 168 and least = 32, so the step is floor(136 / 3) = 45
    expect(pyramidBudgets(100, 32, 4, 200)).toEqual([200, 155, 110, 65]);
    // at 227 tokens the clamp just binds: most = 195 either way
    expect(pyramidBudgets(100, 32, 4, 227)).toEqual(pyramidBudgets(100, 32, 4, 10_000));
    expect(pyramidBudgets(100, 32, 4, 226)).not.toEqual(pyramidBudgets(100, 32, 4, 10_000));
  });

  test('are even where a window larger than the mean meets a prompt of just the budget', () => {
    // most = 42 - 32 = 10 = least
    expect(pyramidBudgets(10, 32, 5, 42)).toEqual(Array(5).fill(42));
  });

  test('leave the last layers the window and little else where the mean is below 20', () => {
    // mean 10, least 0, most 20: 20 / 4 is a step of 5, and the last layer chooses nothing
    expect(pyramidBudgets(10, 32, 5, 1000)).toEqual([52, 47, 42, 37, 32]);
  });

  test('of one layer are the mean, where the authors’ code divides by zero', () => {
    expect(pyramidBudgets(100, 32, 1, 5000)).toEqual([132]);
  });

  test('of two layers are the two ends', () => {
    expect(pyramidBudgets(100, 32, 2, 5000)).toEqual([227, 37]);
  });
});

test('every other method gives each layer the budget', () => {
  const cache = treekv.plan({ budget: 100 });
  for (const method of ['treekv', 'snapkv', 'h2o', 'tova', 'streaming-llm']) {
    const plan = planPrefill({ mode: 'full', method }, cache) as FullPrefillPlan;
    expect(layerBudgets(plan, 3, 5000)).toEqual([100, 100, 100]);
  }
  const full = policies.get('full')?.plan({});
  if (full === undefined) throw new Error('no full');
  const plan = planPrefill({ mode: 'full' }, full) as FullPrefillPlan;
  expect(layerBudgets(plan, 2, 5000)).toEqual([Infinity, Infinity]);
});

test('a last layer without room for the cache’s sinks is refused', () => {
  const cache = treekv.plan({ budget: 64, sinks: 8 });
  expect(() => planPrefill({ mode: 'full', method: 'pyramidkv', window: 4 }, cache)).toThrow(
    "The last layer of prefill method 'pyramidkv' would keep 7 entries, and the cache's sinks are 8.",
  );
  expect(() => planPrefill({ mode: 'full', method: 'pyramidkv', window: 7 }, cache)).not.toThrow();
});
