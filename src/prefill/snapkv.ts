// SnapKV (Li et al. 2024): the last queries of a prompt, its observation window, choose what stays of the rest;
// scores are pooled over neighbours so that phrases stay whole. As in the authors' LongBench runs, window 32,
// kernel 7 and max pooling are the defaults. What differs: entries are stored per KV head, so the group's mean
// stands in for a set per query head, and kept entries lie in token order. Decoding is the cache policy's.

import { integerOption, TreekvError, wordOption } from '../core/index.ts';
import type { CachePlan } from '../policies/index.ts';
import { keepBest } from './keepBest.ts';
import { pool } from './pool.ts';
import type {
  FullPrefillPlan,
  Pooling,
  PrefillAxes,
  PrefillMethod,
  PrefillOptions,
  PrefillView,
} from './prefillMethod.ts';
import { requireBudget } from './splitOf.ts';

const poolings: readonly Pooling[] = ['max', 'avg'];
/** Places pooled at most: each place looks at all of them, and a window that wide tells no place from its neighbours. */
const MOST_POOLED = 1023;
const defaults = { window: 32, kernel: 7, pooling: 'max' } as const;

export const snapkv: PrefillMethod = {
  name: 'snapkv',
  summary: 'Keeps the last 32 entries and what they read most, pooled over neighbours.',
  options: ['window', 'kernel', 'pooling'],
  plan: (options, cache) => planObserved('snapkv', options, cache),
  queries: (plan) => plan.recent,
  choose: chooseObserved,
  card: (plan) => ({
    ...observedAxes(plan),
    kept: `the window of ${plan.recent}, and ${plan.selected} chosen`,
  }),
};

/** Plans a method that scores by an observation window, which is also what it calls recent. */
export function planObserved(method: string, options: PrefillOptions, cache: CachePlan): FullPrefillPlan {
  const budget = requireBudget(method, cache);
  const window = integerOption('Prefill', 'window', options.window ?? defaults.window, 1);
  const kernel = integerOption('Prefill', 'kernel', options.kernel ?? defaults.kernel, 1, MOST_POOLED);
  const pooling = wordOption('Prefill', 'pooling', options.pooling ?? defaults.pooling, poolings);
  if (kernel % 2 === 0) {
    const message = `Prefill option 'kernel' must be odd, to have a place in the middle, not ${kernel}.`;
    throw new TreekvError('BAD_OPTION', message, { option: 'kernel', value: kernel });
  }
  if (budget <= window) {
    const message =
      `A budget of ${budget} leaves prefill method '${method}' nothing to choose beside its window of ${window}. ` +
      `Raise the budget to ${window + 1} or more, or lower window.`;
    throw new TreekvError('BUDGET_TOO_SMALL', message, { method, budget, window });
  }
  return {
    mode: 'full',
    method,
    variant: 'official',
    budget,
    sinks: 0,
    recent: window,
    selected: budget - window,
    window,
    kernel,
    pooling,
  };
}

/** The window, and of the entries before it those with the highest pooled mass; of equal ones the older. */
export function chooseObserved(plan: FullPrefillPlan, view: PrefillView, budget: number): Int32Array {
  const { kernel, pooling, recent: window } = { ...defaults, ...plan };
  const { heads, length, mass } = view;
  const kept = new Int32Array(heads * budget);
  for (let head = 0; head < heads; head++) {
    // Pooled over the candidates alone: the window's own mass does not reach beyond its edge.
    const candidates = mass.subarray(head * length, (head + 1) * length - window);
    const scores = pool(candidates, kernel, pooling);
    keepBest(scores, 0, length, 'older', kept.subarray(head * budget, (head + 1) * budget));
  }
  return kept;
}

/** What SnapKV and PyramidKV have in common on a card. */
export function observedAxes(plan: FullPrefillPlan): Omit<PrefillAxes, 'kept'> {
  const { kernel, pooling } = { ...defaults, ...plan };
  return {
    score: `mass of the window's queries, ${pooling}-pooled over ${kernel} places outside the window`,
    sharing: 'one set per KV head and layer',
    group: 'mean over the group, before pooling; stands in for a set per query head',
  };
}
