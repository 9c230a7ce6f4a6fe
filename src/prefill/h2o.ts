// H2O's prefill (Zhang et al. 2023): the heavy hitters of the whole prompt, by the mass of all its queries, stay
// beside a recent window. Early tokens are seen by more queries and win by that; so they do in the authors'
// real-drop code, which this follows. It keeps what the policy would if it read the prompt in one step.

import { h2o as policy } from '../policies/index.ts';
import { keepBestMass } from './keepBest.ts';
import type { PrefillMethod } from './prefillMethod.ts';
import { splitOf } from './splitOf.ts';

export const h2o: PrefillMethod = {
  name: 'h2o',
  summary: 'Keeps the recent entries and those that all queries of the prompt read most.',
  options: [],

  plan: (_options, cache) => ({ mode: 'full', method: 'h2o', ...splitOf(policy, cache) }),

  queries: () => Infinity,

  choose: ({ sinks, recent }, view, budget) => keepBestMass(view, budget, sinks, recent),

  card({ variant, sinks, recent, selected }) {
    const standsIn = variant === 'official' ? '; stands in for a set per query head' : '';
    return {
      score: 'sum of the mass over the prompt',
      sharing: 'one set per KV head and layer',
      group: `mean over the group${standsIn}`,
      kept: `the first ${sinks}, the last ${recent}, and ${selected} chosen`,
    };
  },
};
