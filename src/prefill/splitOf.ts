// Which entries a method keeps without a choice: the cache's own sinks and recent entries (`paper`, the same
// split for every method), or, where the cache runs an official variant, the split of the method's authors.

import { TreekvError } from '../core/index.ts';
import type { CachePlan, PolicyDefinition } from '../policies/index.ts';
import type { FullPrefillPlan } from './prefillMethod.ts';

/** The part of a plan that every method decides. */
export type PrefillSplit = Pick<FullPrefillPlan, 'variant' | 'sinks' | 'recent' | 'selected'> & {
  readonly budget: number;
};

/** The budget to compress to. Throws `BAD_OPTION` if the cache keeps everything. */
export function requireBudget(method: string, { policy, budget }: CachePlan): number {
  if (budget !== null) return budget;
  const message =
    `Prefill method '${method}' compresses the prompt, but policy '${policy}' keeps everything and has no ` +
    "budget to compress to. Choose a policy with a budget, or method 'full'.";
  throw new TreekvError('BAD_OPTION', message, { option: 'method', value: method, policy });
}

/** The split of a method that bears a policy's name. Throws `BAD_OPTION` or `BUDGET_TOO_SMALL`. */
export function splitOf(definition: PolicyDefinition, cache: CachePlan): PrefillSplit {
  const budget = requireBudget(definition.name, cache);
  const foreign = cache.variant === 'official' && cache.policy !== definition.name;
  const plan = foreign ? definition.plan({ variant: 'official', budget }) : cache;
  const { variant, sinks, recent, selected } = plan;
  return { variant, budget, sinks, recent, selected };
}
