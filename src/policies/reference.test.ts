// h2o, tova and treekv against the papers' rules written naively: lists of objects, one token at a time on
// the scores that stand at the end of the chunk. It shares no code with what it checks but the mass.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { h2o } from './h2o.ts';
import type { CacheOptions, CachePlan, PolicyDefinition, ScopeScore, StepView } from './policy.ts';
import { simulatedCache, softmaxLike, tied } from './simulate.testing.ts';
import { tova } from './tova.ts';
import { treekv } from './treekv.ts';

interface Entry {
  token: number;
  sum: number;
  last: number;
  queries: number;
  /** Mean of `last` over the heads. */
  layerLast: number;
}

type Leaver = (entries: Entry[], plan: CachePlan, turn: number) => Entry;

function least(entries: Entry[], score: (entry: Entry) => number): Entry {
  return entries.reduce((best, entry) => (score(entry) < score(best) ? entry : best));
}

function candidates(entries: Entry[], { sinks, recent }: CachePlan): Entry[] {
  return entries.slice(sinks, entries.length - recent);
}

const scores: Record<ScopeScore, (entry: Entry) => number> = {
  mean: ({ sum, queries }) => sum / queries,
  sum: ({ sum }) => sum,
  last: ({ last }) => last,
};

const leavers: Record<string, Leaver> = {
  h2o: (entries, plan) => least(candidates(entries, plan), (entry) => entry.sum),
  tova: (entries, plan) =>
    plan.variant === 'official'
      ? least(entries, (entry) => entry.layerLast)
      : least(candidates(entries, plan), (entry) => entry.last),
  treekv: (entries, plan, turn) => {
    const middle = candidates(entries, plan);
    let idx = 1; // Algorithm 1, 1-based
    const c = middle.length - 1;
    for (let i = 0; i < turn; i++) idx = plan.rule === 'printed' ? ((idx + 1) % c) + 1 : (idx % c) + 1;
    const [older, newer] = [middle[idx - 1], middle[idx]];
    const score = scores[plan.score ?? 'mean'];
    return score(older) > score(newer) ? newer : older;
  },
};

/** Reads a step into the lists and evicts by the naive rule. */
function naiveStep(lists: Entry[][], view: StepView, plan: CachePlan, turn: number): Entry[][] {
  const total = view.before + view.added;
  return lists.map((list, head) => {
    const row = view.mass.subarray(head * total, (head + 1) * total);
    const all = [...list];
    for (let i = 0; i < view.added; i++) {
      all.push({ token: view.seen - view.added + i, sum: 0, last: 0, queries: 0, layerLast: 0 });
    }
    for (const [rank, entry] of all.entries()) {
      entry.sum += row[rank];
      entry.last = row[rank];
      entry.queries = view.seen - entry.token;
      entry.layerLast = 0;
      for (let h = 0; h < view.heads; h++) entry.layerLast += view.mass[h * total + rank];
    }
    const alive = all.slice(0, view.before);
    let turns = turn;
    for (const entry of all.slice(view.before)) {
      alive.push(entry);
      if (alive.length <= (plan.budget ?? Infinity)) continue;
      const leaver = leavers[plan.policy](alive, plan, turns++);
      alive.splice(alive.indexOf(leaver), 1);
    }
    return alive;
  });
}

const forms: [PolicyDefinition, CacheOptions][] = [
  [h2o, { budget: 12, sinks: 2, recent: 3 }],
  [h2o, { budget: 9, variant: 'official' }],
  [tova, { budget: 12, sinks: 2, recent: 3 }],
  [tova, { budget: 9, variant: 'official' }],
  [treekv, { budget: 12, sinks: 2, recent: 3 }],
  [treekv, { budget: 12, sinks: 2, recent: 3, rule: 'printed' }],
  [treekv, { budget: 8, sinks: 0, recent: 0 }],
  [treekv, { budget: 6, sinks: 1, recent: 4 }],
  [treekv, { budget: 12, sinks: 2, recent: 3, score: 'sum' }],
  [treekv, { budget: 9, sinks: 0, recent: 0, score: 'sum', rule: 'printed' }],
  [treekv, { budget: 12, sinks: 2, recent: 3, score: 'last' }],
  [treekv, { budget: 9, sinks: 0, recent: 0, score: 'last', rule: 'printed' }],
];
const chunks = fc.array(fc.integer({ min: 1, max: 14 }), { minLength: 1, maxLength: 14 });
const attention = fc.oneof(
  fc.nat(1e6).map((seed) => softmaxLike(seed)),
  fc.record({ seed: fc.nat(1e6), levels: fc.integer({ min: 1, max: 4 }) }).map((s) => tied(s.seed, s.levels)),
);

describe.each(forms)('$name %o', (definition, options) => {
  test('keeps what the naive rule keeps', () => {
    fc.assert(
      fc.property(attention, chunks, (someAttention, lengths) => {
        const { cache, plan } = simulatedCache({ definition, options, heads: 2, attention: someAttention });
        let lists: Entry[][] = [[], []];
        let turn = 0;
        for (const added of lengths) {
          const { view, evicted, kept } = cache.step(added);
          lists = naiveStep(lists, view, plan, turn);
          turn += evicted.length / view.heads;
          expect(kept).toEqual(lists.map((list) => list.map(({ token }) => token)));
        }
      }),
    );
  });
});
