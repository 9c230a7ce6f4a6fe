// What is wrong with a value that should be a plan in which everything is decided. Plans come from policy modules and,
// where several caches are compared, from callers; both are believed only after this.
import { shown } from '../core/index.ts';

/** Words for what a plan may not be; undefined for one that will do. */
export function faultOfPlan(value: unknown): string | undefined {
  if (
    typeof value !== 'object' ||
    value === null ||
    typeof (value as { then?: unknown }).then === 'function'
  ) {
    return `an object with policy, budget and so on, not ${shown(value)}`;
  }
  const plan = value as Readonly<Record<string, unknown>>;
  const wrong = (name: string, rule: string): string => `'${name}' must be ${rule}, not ${shown(plan[name])}`;
  if (typeof plan.policy !== 'string') return wrong('policy', 'a name');
  if (plan.variant !== 'paper' && plan.variant !== 'official')
    return wrong('variant', "'paper' or 'official'");
  if (plan.positions !== 'by-place' && plan.positions !== 'absolute') {
    return wrong('positions', "'by-place' or 'absolute'");
  }
  for (const name of ['sinks', 'recent', 'selected']) {
    if (!isCount(plan[name])) return wrong(name, 'an integer of at least 0');
  }
  const { budget, sinks, recent, selected } = plan;
  if (budget === null) return undefined;
  if (!isCount(budget) || budget === 0) return wrong('budget', 'an integer of at least 1, or null for all');
  const sum = Number(sinks) + Number(recent) + Number(selected);
  return sum === budget ? undefined : `sinks + recent + selected are ${sum}, not the budget of ${budget}`;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
