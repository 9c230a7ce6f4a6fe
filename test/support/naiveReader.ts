// A text read token by token in float64 under the rules of the policies written as plain loops over lists: the
// reference for whole evaluations. It shares no code with the product but a plan's numbers.

import {
  ReferenceText,
  type ReferenceWeights,
  referenceNll,
} from '../../src/engine/fake/float64Decoder.testing.ts';
import type { ModelConfig } from '../../src/model/index.ts';
import type { CachePlan } from '../../src/policies/index.ts';

interface Entry {
  readonly token: number;
  /** Mass since the entry came, that of the last query, and the queries. */
  sum: number;
  last: number;
  queries: number;
}

/** The place of the entry that leaves. */
type Leaver = (entries: readonly Entry[], plan: CachePlan, turn: number) => number;

function least(entries: readonly Entry[], plan: CachePlan, score: (entry: Entry) => number): number {
  let place = plan.sinks;
  for (let i = plan.sinks; i < entries.length - plan.recent; i++) {
    if (score(entries[i]) < score(entries[place])) place = i;
  }
  return place;
}

const scopeScores = {
  mean: ({ sum, queries }: Entry) => sum / queries,
  sum: ({ sum }: Entry) => sum,
  last: ({ last }: Entry) => last,
};

const leavers: Readonly<Record<string, Leaver>> = {
  'streaming-llm': (_, { sinks }) => sinks,
  h2o: (entries, plan) => least(entries, plan, ({ sum }) => sum),
  tova: (entries, plan) => least(entries, plan, ({ last }) => last),
  treekv(entries, { sinks, selected, rule, choice, score = 'mean' }, turn) {
    const older = sinks + ((rule === 'printed' ? 2 * turn : turn) % selected);
    if (choice === 'keep-left') return older + 1;
    if (choice === 'keep-right') return older;
    const of = scopeScores[score];
    return of(entries[older]) > of(entries[older + 1]) ? older + 1 : older;
  },
};

/** The negative log-likelihoods of the targets; -1 is not scored and gives NaN. */
export function naiveNll(
  config: ModelConfig,
  weights: ReferenceWeights,
  ids: readonly number[],
  targets: readonly number[],
  plan: CachePlan,
): number[] {
  const text = new ReferenceText(config, weights);
  const group = config.queryHeads / config.kvHeads;
  const cache: Entry[][][] = Array.from({ length: config.layers }, () =>
    Array.from({ length: config.kvHeads }, () => []),
  );
  let turn = 0;
  return ids.map((id, token) => {
    const kept = cache.map((heads) => heads.map((entries) => entries.map((entry) => entry.token)));
    const step = text.read([id], kept, plan.positions === 'absolute');
    let evicted = false;
    for (const [l, heads] of cache.entries()) {
      for (const [head, entries] of heads.entries()) {
        entries.push({ token, sum: 0, last: 0, queries: 0 });
        for (const [i, entry] of entries.entries()) {
          entry.last = 0;
          for (let g = 0; g < group; g++) {
            entry.last += step.probabilities[l][head * group + g][0][i] / group;
          }
          entry.sum += entry.last;
          entry.queries++;
        }
        if (plan.budget === null || entries.length <= plan.budget) continue;
        entries.splice(leavers[plan.policy](entries, plan, turn), 1);
        evicted = true;
      }
    }
    if (evicted) turn++;
    return targets[token] < 0 ? Number.NaN : referenceNll(step.logits[0], targets[token]);
  });
}
