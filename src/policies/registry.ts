// The policies by name, and the way from a user's `cache` option to a plan in which everything is decided.
// It holds no policy's knowledge: which options apply, and what they mean, each policy says itself.

import {
  isCheckedLater,
  isName,
  isObject,
  nearest,
  requireArgument,
  requireOptions,
  TreekvError,
} from '../core/index.ts';
import { full } from './full.ts';
import { h2o } from './h2o.ts';
import type { CacheOptions, CachePlan, PolicyDefinition } from './policy.ts';
import { importPolicy, isModuleSpecifier, moduleUrl } from './policyModule.ts';
import { random } from './random.ts';
import { streamingLlm } from './streamingLlm.ts';
import { tova } from './tova.ts';
import { treekv } from './treekv.ts';

/** The built-in policies. */
export const policies: ReadonlyMap<string, PolicyDefinition> = new Map(
  [treekv, full, streamingLlm, h2o, tova, random].map((policy) => [policy.name, policy]),
);

/** Their names, the default first. */
export const policyNames: readonly string[] = [...policies.keys()];

const CACHE_HINT = ' Write { budget: 1024 }, for instance.';

/** The policy of a name: a built-in one, or the export `policy` of a module. Throws `BAD_OPTION`. */
export async function findPolicy(name: string): Promise<PolicyDefinition> {
  requireArgument('findPolicy', 'name', name, isName);
  const builtIn = policies.get(name);
  if (builtIn !== undefined) return builtIn;
  if (isModuleSpecifier(name)) return importPolicy(name);
  const guess = nearest(name, policyNames);
  const hint = guess === undefined ? '' : ` Did you mean '${guess}'?`;
  const message =
    `Unknown policy '${name}'.${hint} Policies: ${policyNames.join(', ')}; ` +
    'or the path of a module that exports `policy`, such as ./mine.mjs.';
  throw new TreekvError('BAD_OPTION', message, { option: 'policy', value: name, nearest: guess });
}

/**
 * Decides all options. A module's plan names it by absolute file URL, so that a worker finds it again; what its
 * options are is its own to say. Throws `BAD_OPTION` or `BUDGET_TOO_SMALL`.
 */
export async function planCache(options: CacheOptions = {}): Promise<CachePlan> {
  requireArgument('planCache', 'cache option', options, isObject, CACHE_HINT);
  const name = options.policy === undefined ? treekv.name : options.policy;
  const names = Object.keys(options).filter((option) => option !== 'policy');
  const own = Object.fromEntries(names.map((option) => [option, isCheckedLater]));
  requireOptions('cache', options, { policy: isName, ...own });
  const plan = (await findPolicy(name)).plan(options);
  return policies.has(name) ? plan : { ...plan, policy: moduleUrl(name) };
}
