// Full attention: nothing ever leaves. The baseline that every other policy is compared with, and the only
// one whose memory grows with the text.

import { requireApplicable } from './options.ts';
import type { PolicyDefinition } from './policy.ts';

/** Full attention: nothing leaves. */
export const full: PolicyDefinition = {
  name: 'full',
  summary: 'Keeps every entry; memory grows with the text.',

  plan(options) {
    requireApplicable('full', 'paper', options, []);
    return {
      policy: 'full',
      variant: 'paper',
      budget: null,
      sinks: 0,
      recent: 0,
      selected: 0,
      positions: 'by-place', // nothing leaves, so the place is the index in the text
    };
  },

  create() {
    return { asks: 'none', budget: Infinity, step() {}, state: () => ({}), restore() {} };
  },

  card() {
    return {
      score: 'none: nothing leaves',
      sharing: 'all heads and layers hold all',
      group: 'no mass is read',
    };
  },
};
