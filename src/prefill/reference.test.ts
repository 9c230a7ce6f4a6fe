// SnapKV, PyramidKV, H2O and TOVA against their definitions written naively from whole attention maps in
// float64: lists, sorting, one head at a time. It shares no code with what it checks but the maps.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CacheOptions, CachePlan } from '../policies/index.ts';
import { policies } from '../policies/index.ts';
import { type AttentionMap, maps, rowsOf, viewOf } from './attentionMap.testing.ts';
import { compressLayer, layerBudgets, scoredQueries } from './compress.ts';
import type { FullPrefillPlan, PrefillOptions } from './prefillMethod.ts';
import { planPrefill } from './registry.ts';

const byAge = (a: number, b: number) => a - b;

/** The sum over queries of the mean over the group, of each key. */
function summed(map: AttentionMap, head: number, queries: readonly number[]): number[] {
  return Array.from({ length: map.length }, (_, key) => {
    let sum = 0;
    for (const query of queries) {
      let group = 0;
      for (let g = 0; g < map.group; g++) group += map.at(head * map.group + g, query, key);
      sum += group / map.group;
    }
    return sum;
  });
}

function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i);
}

/** The places with the highest scores. @param older whether the older of equals goes first. */
function top(places: readonly number[], scores: readonly number[], count: number, older: boolean): number[] {
  const ranked = [...places].sort((a, b) => scores[b] - scores[a] || (older ? a - b : b - a));
  return ranked.slice(0, count);
}

/** SnapKV: window queries, sum, pool1d(kernel, stride 1, padding kernel / 2), top, window. */
function snap(map: AttentionMap, head: number, cap: number, plan: FullPrefillPlan): number[] {
  const { length } = map;
  const { window = NaN, kernel = NaN, pooling } = plan;
  if (length < cap) return range(0, length);
  const outside = range(0, length - window);
  const scores = summed(map, head, range(length - window, length)).slice(0, length - window);
  const half = (kernel - 1) / 2;
  const empty = pooling === 'avg' ? 0 : -Infinity;
  const padded = [...range(0, half).map(() => empty), ...scores, ...range(0, half).map(() => empty)];
  const pooled = outside.map((place) => {
    const around = padded.slice(place, place + kernel);
    return pooling === 'avg' ? around.reduce((a, b) => a + b, 0) / kernel : Math.max(...around);
  });
  return [...top(outside, pooled, cap - window, true), ...range(length - window, length)].sort(byAge);
}

/** Anchors 1.6, statement by statement; for one layer, where the step divides by zero, the mean. */
function pyramid(layers: number, layer: number, cap: number, window: number, length: number): number {
  const mean = cap - window;
  let least = Math.floor(mean / 20);
  let most = 2 * mean - least;
  if (most >= length - window) {
    most = length - window;
    least = 2 * mean - most;
  }
  if (length < cap || length < 2 * mean || layers === 1) return cap;
  return most - layer * Math.floor((most - least) / (layers - 1)) + window;
}

function plans(cache: CacheOptions, prefill: PrefillOptions): { cache: CachePlan; plan: FullPrefillPlan } {
  const definition = policies.get(cache.policy ?? '');
  if (definition === undefined) throw new Error(`no policy ${cache.policy}`);
  const cachePlan = definition.plan(cache);
  const plan = planPrefill(prefill, cachePlan);
  if (plan.mode !== 'full') throw new Error('no compression');
  return { cache: cachePlan, plan };
}

function kept(plan: FullPrefillPlan, map: AttentionMap, budget = plan.budget ?? Infinity): number[][] {
  const view = viewOf(map, scoredQueries(plan, map.length));
  return rowsOf(compressLayer(plan, view, budget).kept, map.heads);
}

const heads = (map: AttentionMap) => range(0, map.heads);
const observed = fc.record({
  window: fc.integer({ min: 1, max: 12 }),
  chosen: fc.integer({ min: 1, max: 30 }),
  kernel: fc.constantFrom(1, 3, 5, 7, 9),
  pooling: fc.constantFrom('max' as const, 'avg' as const),
});

test('snapkv keeps what its definition keeps', () => {
  fc.assert(
    fc.property(maps(90), observed, (map, { window, chosen, kernel, pooling }) => {
      const { plan } = plans(
        { policy: 'random', budget: window + chosen, sinks: 0, recent: 0 },
        { mode: 'full', method: 'snapkv', window, kernel, pooling },
      );
      expect(kept(plan, map)).toEqual(heads(map).map((head) => snap(map, head, window + chosen, plan)));
    }),
    { numRuns: 300 },
  );
});

test('snapkv with its defaults has window 32, kernel 7 and max pooling', () => {
  fc.assert(
    fc.property(maps(120), fc.integer({ min: 33, max: 80 }), (map, budget) => {
      const { plan } = plans({ policy: 'h2o', budget }, { mode: 'full', method: 'snapkv' });
      const reference = { ...plan, window: 32, kernel: 7, pooling: 'max' as const };
      expect(kept(plan, map)).toEqual(heads(map).map((head) => snap(map, head, budget, reference)));
    }),
  );
});

test('pyramidkv keeps in each layer what its definition keeps', () => {
  fc.assert(
    fc.property(maps(120), observed, fc.integer({ min: 1, max: 9 }), (map, drawn, layers) => {
      const { window, chosen, kernel, pooling } = drawn;
      const { plan } = plans(
        { policy: 'random', budget: window + chosen, sinks: 0, recent: 0 },
        { mode: 'full', method: 'pyramidkv', window, kernel, pooling },
      );
      const budgets = layerBudgets(plan, layers, map.length);
      for (const layer of range(0, layers)) {
        const cap = pyramid(layers, layer, window + chosen, window, map.length);
        expect(budgets[layer]).toBe(cap);
        const expected = heads(map).map((head) => snap(map, head, cap, plan));
        expect(kept(plan, map, budgets[layer])).toEqual(expected);
      }
    }),
    { numRuns: 200 },
  );
});

const split = fc.record({
  sinks: fc.integer({ min: 0, max: 4 }),
  recent: fc.integer({ min: 0, max: 9 }),
  selected: fc.integer({ min: 1, max: 20 }),
});

/** Sinks, the `selected` best between, recent; of equals the newer stays, as in decoding. */
function protectedTop(scores: readonly number[], n: number, plan: CachePlan): number[] {
  const { sinks, recent, selected } = plan;
  if (n <= (plan.budget ?? Infinity)) return range(0, n);
  const between = top(range(sinks, n - recent), scores, selected, false);
  return [...range(0, sinks), ...between, ...range(n - recent, n)].sort(byAge);
}

describe.each([
  { method: 'h2o', queries: (n: number) => range(0, n) },
  { method: 'tova', queries: (n: number) => [n - 1] },
])('$method', ({ method, queries }) => {
  test('in the paper keeps, per KV head, what its definition keeps', () => {
    fc.assert(
      fc.property(maps(60), split, (map, { sinks, recent, selected }) => {
        const budget = sinks + recent + selected;
        const { plan, cache } = plans({ policy: method, budget, sinks, recent }, { mode: 'full' });
        const expected = heads(map).map((head) =>
          protectedTop(summed(map, head, queries(map.length)), map.length, cache),
        );
        expect(kept(plan, map)).toEqual(expected);
      }),
      { numRuns: 200 },
    );
  });

  test('keeps officially what the authors’ code keeps', () => {
    fc.assert(
      fc.property(maps(60), fc.integer({ min: 1, max: 30 }), (map, budget) => {
        const { plan, cache } = plans({ policy: method, budget, variant: 'official' }, { mode: 'full' });
        const scores = heads(map).map((head) => summed(map, head, queries(map.length)));
        const layer = scores[0].map((_, key) => scores.reduce((sum, row) => sum + row[key], 0));
        const expected = heads(map).map((head) =>
          protectedTop(method === 'tova' ? layer : scores[head], map.length, cache),
        );
        expect(kept(plan, map)).toEqual(expected);
        expect(cache.recent).toBe(method === 'h2o' ? Math.floor(budget / 2) : 0);
      }),
      { numRuns: 200 },
    );
  });
});

test('an official method brings its own split where the policy has another', () => {
  const streaming: CacheOptions = { policy: 'streaming-llm', variant: 'official', budget: 20 };
  const method = (name: string) => plans(streaming, { mode: 'full', method: name }).plan;
  expect(method('h2o')).toMatchObject({ variant: 'official', sinks: 0, recent: 10, selected: 10 });
  expect(method('tova')).toMatchObject({ variant: 'official', sinks: 0, recent: 0, selected: 20 });
  const treekv = plans({ policy: 'treekv', budget: 20 }, { mode: 'full', method: 'h2o' }).plan;
  expect(treekv).toMatchObject({ variant: 'paper', sinks: 4, recent: 6, selected: 10 });
});
