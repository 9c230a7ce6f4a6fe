// A baseline that knows nothing: a random candidate leaves. It separates what a method's choice adds from
// what its split adds. Each draw is a function of the seed, the layer, the head and the number of evictions
// so far, so a text read in chunks loses the same entries as one read token by token.

import { hashUnit } from '../core/index.ts';
import { evictOneByOne } from './evictOneByOne.ts';
import { readInteger } from './options.ts';
import { planSplit } from './planSplit.ts';
import type { PolicyDefinition } from './policy.ts';
import { readCounter } from './policyState.ts';

/** Random eviction: a seeded draw says which entry leaves. */
export const random: PolicyDefinition = {
  name: 'random',
  summary: 'Drops a random entry that is neither sink nor recent; equal seeds drop the same.',

  plan(options) {
    const plan = planSplit('random', options, ['seed']);
    return { ...plan, seed: readInteger('seed', options.seed ?? 0, 0, 2 ** 32 - 1) };
  },

  create({ sinks, recent, seed = 0, ...plan }, { layer }) {
    const budget = plan.budget ?? Infinity;
    let turn = 0;
    const evict = evictOneByOne(budget, (head, _alive, length, later) => {
      const candidates = length - recent - sinks;
      return sinks + Math.floor(hashUnit(seed, layer, head, turn + later) * candidates);
    });
    return {
      asks: 'none',
      budget,
      step(view, evicted) {
        turn += evict(view, evicted);
      },
      state: () => ({ turn: Float64Array.of(turn) }),
      restore(state) {
        turn = readCounter(state, 'turn');
      },
    };
  },

  // No draw is repeated: fewer entries have left than tokens were read.
  handOver: (_plan, { seen }) => ({ turn: Float64Array.of(seen) }),

  card() {
    return {
      score: 'none: a seeded draw',
      sharing: 'one set per KV head and layer',
      group: 'no mass is read',
    };
  },
};
