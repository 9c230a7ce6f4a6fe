// From a compressed prompt into decoding: every method with every policy, layer budgets included.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  h2o,
  type PolicyDefinition,
  planLayer,
  policies,
  random,
  readFloats,
  tova,
  treekv,
} from '../policies/index.ts';
import { SimulatedCache, softmaxLike } from '../policies/simulate.testing.ts';
import { rowsOf, softMap, viewOf } from './attentionMap.testing.ts';
import {
  type CompressedLayer,
  compressLayer,
  handOverState,
  layerBudgets,
  scoredQueries,
} from './compress.ts';
import { everyPair, plansOf, splits } from './forms.testing.ts';

const prompts = fc.record({ seed: fc.nat(1e6), length: fc.integer({ min: 1, max: 150 }) });

function policyOf(name: string): PolicyDefinition {
  const definition = policies.get(name);
  if (definition === undefined) throw new Error(`no policy ${name}`);
  return definition;
}

describe.each(everyPair)('$title', (form) => {
  test('the policy takes the state, gives it back, and keeps the layer’s budget over the next 50 tokens', () => {
    fc.assert(
      fc.property(splits, prompts, (split, { seed, length }) => {
        const { plan, cache } = plansOf(form, split);
        const definition = policyOf(cache.policy);
        const map = softMap(seed, { heads: 2, group: 1, length });
        const view = viewOf(map, scoredQueries(plan, length));
        for (const [layer, budget] of layerBudgets(plan, 3, length).entries()) {
          const compressed = compressLayer(plan, view, budget);
          const layerPlan = planLayer(cache, budget);
          expect(layerPlan.budget).toBe(budget);
          const state = handOverState(definition, layerPlan, compressed, length);
          const policy = definition.create(layerPlan, { heads: 2, layer });
          policy.restore(state);
          expect(policy.state()).toEqual(state);

          const decoding = new SimulatedCache(policy, 2, softmaxLike(seed));
          decoding.kept = rowsOf(compressed.kept, 2);
          decoding.seen = length;
          const held = decoding.kept[0].length;
          const steps = Array.from({ length: 50 }, () => {
            const sinks = decoding.kept.map((row) => row.slice(0, layerPlan.sinks));
            return { sinks, kept: decoding.step(1).kept };
          });
          const entries = steps.map(({ kept }) => kept.map((row) => row.length));
          expect(entries).toEqual(steps.map((_, i) => Array(2).fill(Math.min(held + i + 1, budget))));
          const firsts = steps.map(({ kept, sinks }) => kept.map((row, h) => row.slice(0, sinks[h].length)));
          expect(firsts).toEqual(steps.map(({ sinks }) => sinks));
          const isNewestKept = steps.every(({ kept }, i) => kept.every((row) => row.at(-1) === length + i));
          if (layerPlan.recent > 0) expect(isNewestKept).toBe(true);
        }
      }),
      { numRuns: 5 },
    );
  });
});

const left: CompressedLayer = {
  kept: Int32Array.of(0, 2, 5, 1, 2, 6),
  sums: Float64Array.of(1, 2, 3, 4, 5, 6),
  queries: 4,
  scope: 2,
};

test('S is the mass of the scored queries, C their number, and the walk goes on at the scope', () => {
  const plan = treekv.plan({ budget: 4, sinks: 1, recent: 0 });
  expect(handOverState(treekv, plan, left, 7)).toEqual({
    sums: left.sums,
    handOver: Float64Array.of(7, 3),
    turn: Float64Array.of(1),
  });
});

test('a walk that has not begun, or that stands among the sinks, begins at the first selected place', () => {
  const plan = treekv.plan({ budget: 8, sinks: 4, recent: 0 });
  for (const scope of [0, 2, 4]) {
    expect(readFloats(handOverState(treekv, plan, { ...left, scope }, 7), 'turn')).toEqual(
      Float64Array.of(0),
    );
  }
});

test('the printed walk goes on at the same place by another turn', () => {
  const plan = treekv.plan({ budget: 10, sinks: 1, recent: 0, rule: 'printed' });
  const turn = (scope: number) => readFloats(handOverState(treekv, plan, { ...left, scope }, 7), 'turn')[0];
  // Nine selected places are visited in the order 0 2 4 6 8 1 3 5 7.
  expect([1, 2, 3, 4, 5].map(turn)).toEqual([0, 5, 1, 6, 2]);
});

test('h2o takes the sums, tova nothing, and random draws what it has not drawn', () => {
  expect(handOverState(h2o, h2o.plan({}), left, 7)).toEqual({ sums: left.sums });
  expect(handOverState(tova, tova.plan({}), left, 7)).toEqual({});
  expect(handOverState(random, random.plan({}), left, 7)).toEqual({ turn: Float64Array.of(7) });
});

test('entries that no query scored begin as if they had just come', () => {
  const plan = treekv.plan({ budget: 3, sinks: 0, recent: 0 });
  const unscored = { ...left, sums: new Float64Array(6), queries: 0, scope: 0 };
  const policy = treekv.create(plan, { heads: 2, layer: 0 });
  policy.restore(handOverState(treekv, plan, unscored, 7));
  const decoding = new SimulatedCache(policy, 2, (_head, _query, tokens) =>
    tokens.map((token) => 10 - token),
  );
  decoding.kept = rowsOf(left.kept, 2);
  decoding.seen = 7;
  expect(decoding.step(1).kept).toEqual([
    [0, 5, 7],
    [1, 6, 7],
  ]);
});
