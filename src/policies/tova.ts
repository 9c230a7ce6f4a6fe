// TOVA (Oren et al. 2024): the entry that the last query attends to least leaves. It remembers nothing from
// step to step. `official` follows the authors' code: nothing is protected, not even the current token, and
// all heads of a layer share one set. `paper` protects sinks and recent entries and decides per KV head.

import { addRow } from './addRow.ts';
import { evictOneByOne } from './evictOneByOne.ts';
import { leastPlace } from './leastPlace.ts';
import { planOfficial, planSplit } from './planSplit.ts';
import type { CachePlan, Policy, PolicyDefinition } from './policy.ts';

/** TOVA (Oren et al. 2024): the entry to which the last query attends least leaves. */
export const tova: PolicyDefinition = {
  name: 'tova',
  summary: 'Drops the entry to which the last query attends least.',

  plan(options) {
    if (options.variant !== 'official') return planSplit('tova', options);
    return planOfficial('tova', options, {
      applies: ['variant', 'budget'],
      sinks: 0,
      recent: () => 0,
      positions: 'absolute',
    });
  },

  create: (plan) => (plan.variant === 'official' ? perLayer(plan) : perHead(plan)),

  card({ variant }) {
    const official = variant === 'official';
    return {
      score: "the last query's mass",
      sharing: official ? 'one set per layer' : 'one set per KV head and layer',
      group: official ? 'mean over all query heads of the layer' : 'mean over the group',
    };
  },
};

/** Each KV head drops what its own group attends to least. */
function perHead({ sinks, recent, ...plan }: CachePlan): Policy {
  const budget = plan.budget ?? Infinity;
  let mass: Float32Array = new Float32Array(0); // [heads, count] the present step's
  let count = 0;
  const evict = evictOneByOne(budget, (head, alive, length) =>
    leastPlace(mass, head * count, alive, sinks, length - recent),
  );
  return {
    asks: 'last',
    budget,
    step(view, evicted) {
      mass = view.mass;
      count = view.before + view.added;
      evict(view, evicted);
    },
    state: () => ({}),
    restore() {},
  };
}

/** All heads drop the same entry, the one with the least mean over them. */
function perLayer(plan: CachePlan): Policy {
  const budget = plan.budget ?? Infinity;
  let total = new Float64Array(0); // [room] mass by rank, summed over the heads, which orders as their mean
  const evict = evictOneByOne(budget, (_, alive, length) => leastPlace(total, 0, alive, 0, length));
  return {
    asks: 'last',
    budget,
    step({ heads, before, added, mass }, evicted) {
      const count = before + added;
      if (total.length < count) total = new Float64Array(2 * count);
      total.fill(0, 0, count);
      for (let head = 0; head < heads; head++) addRow(total, 0, mass, head * count, count);
      const leaving = evict({ heads: 1, before, added }, evicted);
      for (let head = 1; head < heads; head++) evicted.copyWithin(head * leaving, 0, leaving);
    },
    state: () => ({}),
    restore() {},
  };
}
