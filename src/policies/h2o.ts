// H2O (Zhang et al. 2023): heavy hitters, the entries with the largest attention summed over their life, stay
// beside a recent window. `official` follows the authors' real-drop code: no named sinks, half the budget
// recent, absolute positions. None of their masks that only simulate a small cache, and no FlexGen form.

import { EntryColumn } from './entryColumn.ts';
import { evictOneByOne } from './evictOneByOne.ts';
import { leastPlace } from './leastPlace.ts';
import { planOfficial, planSplit } from './planSplit.ts';
import type { PolicyDefinition } from './policy.ts';
import { readFloats } from './policyState.ts';

/** H2O (Zhang et al. 2023): the entry with the least sum of mass leaves. */
export const h2o: PolicyDefinition = {
  name: 'h2o',
  summary: 'Keeps the recent entries and those with the largest attention sum (heavy hitters).',

  plan(options) {
    if (options.variant !== 'official') return planSplit('h2o', options);
    return planOfficial('h2o', options, {
      applies: ['variant', 'budget'],
      sinks: 0,
      recent: (budget) => Math.floor(budget / 2),
      positions: 'absolute',
    });
  },

  create({ sinks, recent, ...plan }, { heads }) {
    const budget = plan.budget ?? Infinity;
    const sums = new EntryColumn(heads);
    const evict = evictOneByOne(budget, (head, alive, length) =>
      leastPlace(sums.values, sums.row(head), alive, sinks, length - recent),
    );
    return {
      asks: 'all',
      budget,
      step(view, evicted) {
        sums.append(view.added);
        sums.add(view.mass);
        sums.compact(evicted, evict(view, evicted));
      },
      state: () => ({ sums: sums.state() }),
      restore(state) {
        sums.restore(readFloats(state, 'sums'));
      },
    };
  },

  handOver: (_plan, { sums }) => ({ sums }),

  card({ variant }) {
    const standsIn = variant === 'official' ? '; stands in for a set per query head' : '';
    return {
      score: 'sum of the mass since the entry came, in float64',
      sharing: 'one set per KV head and layer',
      group: `mean over the group${standsIn}`,
    };
  },
};
