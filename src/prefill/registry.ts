// The prefill methods by name, and the way from a user's `prefill` option to a plan in which everything is
// decided. It holds no method's knowledge: which options apply, and what they mean, each method says itself.

import {
  isCheckedLater,
  isName,
  nearest,
  requireApplicableKeys,
  requireArgument,
  requireOptions,
  TreekvError,
  wordOption,
} from '../core/index.ts';
import type { CachePlan } from '../policies/index.ts';
import { full } from './full.ts';
import { h2o } from './h2o.ts';
import type {
  PrefillMethod,
  PrefillMode,
  PrefillOptionName,
  PrefillOptions,
  PrefillPlan,
} from './prefillMethod.ts';
import { pyramidkv } from './pyramidkv.ts';
import { snapkv } from './snapkv.ts';
import { streamingLlm } from './streamingLlm.ts';
import { tova } from './tova.ts';
import { treekv } from './treekv.ts';

/** The prefill methods. */
export const prefillMethods: ReadonlyMap<string, PrefillMethod> = new Map(
  [treekv, snapkv, pyramidkv, h2o, tova, streamingLlm, full].map((method) => [method.name, method]),
);

/** Their names. */
export const prefillMethodNames: readonly string[] = [...prefillMethods.keys()];

// As a record, so that the compiler demands each word of the contract here.
const modes: Readonly<Record<PrefillMode, string>> = {
  full: 'Reads the whole prompt with full attention, then compresses it at once (the paper).',
  chunked: 'Reads the prompt in chunks while the policy evicts: memory never exceeds budget + chunk.',
};

/** The modes, each with one line for `--help` and the docs. */
export const prefillModes: ReadonlyMap<PrefillMode, string> = new Map(
  Object.entries(modes) as [PrefillMode, string][],
);

const everyOption: Readonly<Record<PrefillOptionName, true>> = {
  block: true,
  window: true,
  kernel: true,
  pooling: true,
};
const checks = Object.fromEntries(
  ['mode', 'method', ...Object.keys(everyOption)].map((name) => [name, isCheckedLater]),
);

/** The method of a name. Throws `BAD_OPTION` with the nearest name. */
export function findPrefillMethod(name: string): PrefillMethod {
  requireArgument('findPrefillMethod', 'method', name, isName);
  const method = prefillMethods.get(name);
  if (method !== undefined) return method;
  const guess = nearest(name, prefillMethodNames);
  const hint = guess === undefined ? '' : ` Did you mean '${guess}'?`;
  const message = `Unknown prefill method '${name}'.${hint} Methods: ${prefillMethodNames.join(', ')}.`;
  throw new TreekvError('BAD_OPTION', message, { option: 'method', value: name, nearest: guess });
}

/** Decides all options. @param cache the cache's plan. Throws `BAD_OPTION` or `BUDGET_TOO_SMALL`. */
export function planPrefill(options: PrefillOptions, cache: CachePlan): PrefillPlan {
  requireOptions('prefill', options, checks);
  const { mode: asked, ...rest } = options;
  const mode = wordOption('Prefill', 'mode', asked, [...prefillModes.keys()]);
  if (mode === 'chunked') {
    const who = "mode 'chunked', in which the cache's policy evicts";
    requireApplicableKeys('Prefill', who, rest, [], { mode });
    return { mode };
  }
  const { method: name, ...own } = rest;
  const method = name === undefined ? methodOf(cache) : findPrefillMethod(name);
  requireApplicableKeys('Prefill', `method '${method.name}'`, own, method.options, { method: method.name });
  return method.plan(options, cache);
}

/** The method that bears the policy's name. Throws `BAD_OPTION` if none does. */
function methodOf({ policy }: CachePlan): PrefillMethod {
  const method = prefillMethods.get(policy);
  if (method !== undefined) return method;
  const message =
    `Policy '${policy}' has no prefill method of its own. Name one (${prefillMethodNames.join(', ')}), or use ` +
    "mode 'chunked'.";
  throw new TreekvError('BAD_OPTION', message, { option: 'method', policy, methods: prefillMethodNames });
}
