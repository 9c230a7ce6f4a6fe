// StreamingLLM (Xiao et al. 2024): the sinks and the last entries stay, the middle leaves in order of age. It
// reads no attention, so the two variants differ in what they call the window, not in what they keep: the
// paper counts 512 of the window's entries as `selected`, the official code knows sinks and recent only.

import { planOfficial, planSplit } from './planSplit.ts';
import type { PolicyDefinition } from './policy.ts';

/** StreamingLLM (Xiao et al. 2024): the first and the last entries stay. */
export const streamingLlm: PolicyDefinition = {
  name: 'streaming-llm',
  summary: 'Keeps the first entries and the last ones (attention sinks and a window).',

  plan(options) {
    if (options.variant !== 'official') return planSplit('streaming-llm', options);
    return planOfficial('streaming-llm', options, {
      applies: ['variant', 'budget', 'sinks'],
      sinks: 4,
      recent: (budget, sinks) => budget - sinks,
      positions: 'by-place',
    });
  },

  create(plan) {
    const { sinks } = plan;
    const budget = plan.budget ?? Infinity;
    return {
      asks: 'none',
      budget,
      step({ heads, before, added }, evicted) {
        // One at a time, the entry behind the sinks leaves; together, so do the first E behind them.
        const leaving = Math.max(0, before + added - budget);
        for (let i = 0; i < heads * leaving; i++) evicted[i] = sinks + (i % leaving);
      },
      state: () => ({}),
      restore() {},
    };
  },

  card() {
    return {
      score: 'none: the oldest entry behind the sinks leaves',
      sharing: 'one set for all heads and layers',
      group: 'no mass is read',
    };
  },
};
