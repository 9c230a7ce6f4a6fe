// How a budget is divided: sinks + recent + selected (paper, language modelling: 1024 = 4 + 508 + 512).
// `planSplit` is the paper's division, the same for every method that is compared; `planOfficial` the one that
// a method's own authors fixed. Neither knows how the selected entries are chosen.

import { TreekvError } from '../core/index.ts';
import { type OptionName, readInteger, readWord, requireApplicable } from './options.ts';
import type { CacheOptions, CachePlan, Positions } from './policy.ts';

const defaultBudget = 1024;
const defaultSinks = 4;
const splitOptions: readonly OptionName[] = ['variant', 'budget', 'sinks', 'recent', 'positions'];

/** Plans the paper's split. @param own options of this policy alone; the caller reads them. */
export function planSplit(policy: string, options: CacheOptions, own: readonly OptionName[] = []): CachePlan {
  const variant = readWord('variant', options.variant ?? 'paper', ['paper', 'official']);
  if (variant === 'official') {
    const message = `Policy '${policy}' has no official variant: no authors' code exists to follow. Use 'paper'.`;
    throw new TreekvError('BAD_OPTION', message, { option: 'variant', policy });
  }
  requireApplicable(policy, variant, options, [...splitOptions, ...own]);
  const budget = readInteger('budget', options.budget ?? defaultBudget);
  const sinks = readInteger('sinks', options.sinks ?? defaultSinks);
  const recent = readInteger('recent', options.recent ?? Math.max(0, Math.floor(budget / 2) - sinks));
  const positions = readWord('positions', options.positions ?? 'by-place', ['by-place', 'absolute']);
  requireRoom(policy, budget, sinks, recent);
  return { policy, variant, budget, sinks, recent, selected: budget - sinks - recent, positions };
}

/** What a method's own authors fixed. */
export interface OfficialSplit {
  /** The options that still apply. */
  readonly applies: readonly OptionName[];
  /** Sinks, unless `sinks` applies and is given. */
  readonly sinks: number;
  /** Last entries that never leave. */
  recent(budget: number, sinks: number): number;
  /** What the rotary embedding is told. */
  readonly positions: Positions;
}

/** Plans the official variant. */
export function planOfficial(policy: string, options: CacheOptions, official: OfficialSplit): CachePlan {
  requireApplicable(policy, 'official', options, official.applies);
  const budget = readInteger('budget', options.budget ?? defaultBudget);
  const sinks = readInteger('sinks', options.sinks ?? official.sinks);
  requireRoom(policy, budget, sinks, 0);
  const recent = official.recent(budget, sinks);
  const selected = budget - sinks - recent;
  return { policy, variant: 'official', budget, sinks, recent, selected, positions: official.positions };
}

/**
 * The plan of a layer that keeps another number of entries than the plan says (PyramidKV gives each layer its
 * own): as many sinks, and recent in proportion. Throws `BUDGET_TOO_SMALL`.
 * @param budget entries of the layer per KV head; Infinity for a plan that keeps all.
 */
export function planLayer(plan: CachePlan, budget: number): CachePlan {
  if (plan.budget === null || plan.budget === budget) return plan;
  const { policy, sinks } = plan;
  requireRoom(policy, budget, sinks, 0);
  const recent = Math.floor((plan.recent * (budget - sinks)) / (plan.budget - sinks));
  return { ...plan, budget, recent, selected: budget - sinks - recent };
}

/** Throws `BUDGET_TOO_SMALL` unless one entry is left besides sinks and recent. */
function requireRoom(policy: string, budget: number, sinks: number, recent: number): void {
  const least = sinks + recent + 1;
  if (budget >= least) return;
  const orLower = least > 1 ? ', or lower sinks or recent' : '';
  throw new TreekvError(
    'BUDGET_TOO_SMALL',
    `A budget of ${budget} leaves policy '${policy}' nothing to choose: sinks ${sinks} + recent ${recent} + 1 = ` +
      `${least}. Raise the budget to ${least} or more${orLower}.`,
    { policy, budget, sinks, recent, least },
  );
}
