// TOVA's prefill (Oren et al. 2024): after full attention over the prompt, the entries that its last query reads
// most stay. `official`: nothing is protected, and all heads of a layer share one set, by the mean over them.
// `paper`: sinks and recent entries are protected and each KV head decides. Both keep what the policy would if
// it read the prompt in one step.

import { tova as policy } from '../policies/index.ts';
import { keepBest, keepBestMass } from './keepBest.ts';
import type { PrefillMethod, PrefillView } from './prefillMethod.ts';
import { splitOf } from './splitOf.ts';

export const tova: PrefillMethod = {
  name: 'tova',
  summary: 'Keeps the entries that the last query of the prompt reads most.',
  options: [],

  plan: (_options, cache) => ({ mode: 'full', method: 'tova', ...splitOf(policy, cache) }),

  queries: () => 1,

  choose: ({ variant, sinks, recent }, view, budget) =>
    variant === 'official' ? keepPerLayer(view, budget) : keepBestMass(view, budget, sinks, recent),

  card({ variant, sinks, recent, selected }) {
    const official = variant === 'official';
    return {
      score: "the last query's mass",
      sharing: official ? 'one set per layer' : 'one set per KV head and layer',
      group: official ? 'mean over all query heads of the layer' : 'mean over the group',
      kept: official
        ? `nothing is protected; ${selected} chosen`
        : `the first ${sinks}, the last ${recent}, and ${selected} chosen`,
    };
  },
};

/** [heads, budget] the same places in each head: those with the most mass, summed over the heads. */
function keepPerLayer({ heads, length, mass }: PrefillView, budget: number): Int32Array {
  const total = new Float64Array(length);
  for (let head = 0; head < heads; head++) {
    for (let place = 0; place < length; place++) total[place] += mass[head * length + place];
  }
  const kept = new Int32Array(heads * budget);
  keepBest(total, 0, length, 'newer', kept.subarray(0, budget));
  for (let head = 1; head < heads; head++) kept.copyWithin(head * budget, 0, budget);
  return kept;
}
