// PyramidKV (Cai et al. 2024): SnapKV's choice with more entries in the first layers and fewer in the last, in
// an arithmetic progression around the mean. The formula is the authors' code in integers, floors included.

import { TreekvError } from '../core/index.ts';
import type { PrefillMethod } from './prefillMethod.ts';
import { chooseObserved, observedAxes, planObserved } from './snapkv.ts';

/** The last layer chooses about 1 / 20 of the mean (the authors' beta). */
const beta = 20;

export const pyramidkv: PrefillMethod = {
  name: 'pyramidkv',
  summary: "SnapKV with budgets that fall from the first layer to the last; their mean is the cache's.",
  options: ['window', 'kernel', 'pooling'],

  plan(options, cache) {
    const plan = planObserved('pyramidkv', options, cache);
    // Decoding goes on with each layer's own budget, in which the cache's sinks and one entry must have room.
    const least = plan.recent + Math.floor(plan.selected / beta);
    if (least <= cache.sinks) {
      const message =
        `The last layer of prefill method 'pyramidkv' would keep ${least} entries, and the cache's sinks are ` +
        `${cache.sinks}. Raise window or budget, or lower sinks.`;
      throw new TreekvError('BUDGET_TOO_SMALL', message, { ...plan, least, cacheSinks: cache.sinks });
    }
    return plan;
  },

  queries: (plan) => plan.recent,

  layerBudgets: ({ recent, selected }, layers, length) => pyramidBudgets(selected, recent, layers, length),

  choose: chooseObserved,

  card(plan) {
    const kept = `the window of ${plan.recent}, and ${plan.selected} chosen in the mean over the layers`;
    return { ...observedAxes(plan), kept };
  },
};

/**
 * Entries per head that each layer keeps, [layers], the window included.
 *
 * A prompt of less than 2 * mean tokens gets the mean in every layer, as does a model of one layer, for which the
 * authors' code divides by zero. The step is rounded down, so the sum may exceed layers * (mean + window), by
 * less than layers * (layers - 1) / 2.
 * @param mean entries chosen in the mean over the layers.
 */
export function pyramidBudgets(mean: number, window: number, layers: number, length: number): number[] {
  const even = length < mean + window || length < 2 * mean || layers === 1;
  if (even) return new Array<number>(layers).fill(mean + window);
  // No layer can choose more than there is outside the window; what the first may not have, the last gets.
  const most = Math.min(2 * mean - Math.floor(mean / beta), length - window);
  const step = Math.floor((most - (2 * mean - most)) / (layers - 1));
  return Array.from({ length: layers }, (_, layer) => most - layer * step + window);
}
