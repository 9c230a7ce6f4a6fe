// No compression: the whole prompt stays, and so does what follows. It goes with the policy `full` alone, for
// any other would cut the prompt down at its first step, unseen by whoever reads the option.

import { TreekvError } from '../core/index.ts';
import type { PrefillMethod } from './prefillMethod.ts';

export const full: PrefillMethod = {
  name: 'full',
  summary: "Keeps the whole prompt; for policy 'full' only.",
  options: [],

  plan(_options, { policy, budget }) {
    if (budget !== null) {
      const message =
        `Prefill method 'full' keeps the whole prompt, but policy '${policy}' keeps ${budget} entries. ` +
        "Use policy 'full', or a method that compresses.";
      throw new TreekvError('BAD_OPTION', message, { option: 'method', value: 'full', policy, budget });
    }
    return {
      mode: 'full',
      method: 'full',
      variant: 'paper',
      budget: null,
      sinks: 0,
      recent: 0,
      selected: 0,
    };
  },

  queries: () => 0,

  choose({ method }, { length }, budget) {
    throw new RangeError(`method ${method} cannot bring ${length} entries down to ${budget}`);
  },

  card: () => ({
    score: 'none: nothing leaves',
    sharing: 'all heads and layers hold all',
    group: 'no mass is read',
    kept: 'everything',
  }),
};
