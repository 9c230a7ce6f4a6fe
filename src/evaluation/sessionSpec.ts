// How a command line names sessions to compare: the words of `planPolicies`, and how a prompt is brought down to
// the budget. In mode `chunked` every policy evicts while the prompt is read. In mode `full` the prompt is read with
// full attention and then compressed by the method of the policy's name; methods that are no policies, `snapkv` and
// `pyramidkv`, hand over to H2O, which also goes by mass, as in the tables of prefill methods.

import { isListOf, isNumber, isObject, isText, requireArgument, TreekvError } from '../core/index.ts';
import { chunkOption, type SessionPlan } from '../generation/index.ts';
import { policyNames } from '../policies/index.ts';
import { type PrefillMode, planPrefill, prefillMethodNames } from '../prefill/index.ts';
import { planPolicies, type SharedSplit } from './policySpec.ts';

/** A session's plan under the name that tables give it. */
export interface NamedSession {
  /** As tables name it. */
  readonly name: string;
  /** Everything decided. */
  readonly plan: SessionPlan;
}

/** How the sessions named read their prompts. */
export interface SessionSpecOptions {
  /** How prompts are brought down to the budget. @default 'chunked' */
  readonly mode?: PrefillMode;
  /** Mode `chunked`: tokens of a prompt read at once when the cache is full. @default 64 */
  readonly chunk?: number;
}

/** The policy that decodes after a prefill method that is none. */
export const decodesAfter: Readonly<Record<string, string>> = { snapkv: 'h2o', pyramidkv: 'h2o' };

/** Decides the sessions that `specs` name. Throws BAD_OPTION or BUDGET_TOO_SMALL. */
export async function planSessions(
  specs: readonly string[],
  split: SharedSplit,
  options: SessionSpecOptions = {},
): Promise<NamedSession[]> {
  requireArgument('planSessions', 'policies', specs, isListOf('texts', isText));
  requireArgument('planSessions', 'options', options, isObject);
  const { mode = 'chunked', chunk = 64 } = options;
  chunkOption('Session', 'chunk', chunk);
  const policies = specs.map((spec) => {
    if (!isMethodOnly(spec)) return spec;
    if (mode === 'full') return decodesAfter[spec];
    const message = `'${spec}' compresses a prompt at once: it needs prefill mode 'full'.`;
    throw new TreekvError('BAD_OPTION', message, { policy: spec, mode });
  });
  // One by one: two methods may hand over to the same policy, which `planPolicies` would call named twice.
  const planned = await Promise.all(policies.map((policy) => planPolicies([policy], split)));
  return specs.map((name, i) => {
    if (specs.indexOf(name) !== i) {
      throw new TreekvError('BAD_OPTION', `'${name}' is named twice; name it once.`, { policy: name });
    }
    const [{ plan: cache }] = planned[i];
    const prefill = planPrefill(isMethodOnly(name) ? { mode, method: name } : { mode }, cache);
    return { name, plan: { cache, prefill_chunk_size: chunk, prefill } };
  });
}

/**
 * Decides the sessions of a comparison at several budgets, by budget and then as named. At more than one they are
 * called `treekv at 2048`, and what keeps everything comes once, under its own name. Throws as `planSessions`.
 */
export async function planSessionsAt(
  budgets: readonly number[],
  specs: readonly string[],
  split: Omit<SharedSplit, 'budget'>,
  options: SessionSpecOptions = {},
): Promise<NamedSession[]> {
  requireArgument('planSessionsAt', 'budgets', budgets, isListOf('numbers', isNumber));
  requireArgument('planSessionsAt', 'split', split, isObject);
  const twice = budgets.find((budget, i) => budgets.indexOf(budget) !== i);
  if (twice !== undefined) {
    throw new TreekvError('BAD_OPTION', `Budget ${twice} is named twice; name it once.`, { budget: twice });
  }
  const planned = await Promise.all(
    budgets.map(async (budget) => ({
      budget,
      sessions: await planSessions(specs, { ...split, budget }, options),
    })),
  );
  return planned.flatMap(({ budget, sessions }, i) =>
    sessions
      .filter(({ plan }) => i === 0 || plan.cache.budget !== null)
      .map(({ name, plan }) => {
        const several = budgets.length > 1 && plan.cache.budget !== null;
        return { name: several ? `${name} at ${budget}` : name, plan };
      }),
  );
}

/** Whether a name is a prefill method's and no policy's. */
export function isMethodOnly(spec: string): boolean {
  return prefillMethodNames.includes(spec) && !policyNames.includes(spec);
}
