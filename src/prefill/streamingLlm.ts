// StreamingLLM's prefill (Xiao et al. 2024): the sinks and the last entries stay. It reads no attention.

import { streamingLlm as policy } from '../policies/index.ts';
import type { PrefillMethod } from './prefillMethod.ts';
import { splitOf } from './splitOf.ts';

export const streamingLlm: PrefillMethod = {
  name: 'streaming-llm',
  summary: 'Keeps the first entries of the prompt and the last ones.',
  options: [],

  plan: (_options, cache) => ({ mode: 'full', method: 'streaming-llm', ...splitOf(policy, cache) }),

  queries: () => 0,

  choose({ sinks }, { heads, length }, budget) {
    const gap = length - budget;
    const kept = Int32Array.from({ length: budget }, (_, rank) => (rank < sinks ? rank : rank + gap));
    const all = new Int32Array(heads * budget);
    for (let head = 0; head < heads; head++) all.set(kept, head * budget);
    return all;
  },

  card({ sinks, recent, selected }) {
    return {
      score: 'none: the oldest entries behind the sinks leave',
      sharing: 'one set for all heads and layers',
      group: 'no mass is read',
      kept: `the first ${sinks} and the last ${recent + selected}`,
    };
  },
};
