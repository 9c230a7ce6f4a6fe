// The checks that every policy makes of its `cache` options. An option is never ignored: one that is unknown,
// malformed or without effect on the policy at hand is an error that names what would have been right.

import {
  type Check,
  integerOption,
  isCheckedLater,
  isName,
  requireApplicableKeys,
  requireOptions,
  wordOption,
} from '../core/index.ts';
import type { CacheOptions, Variant } from './policy.ts';

/** An option that says something about a policy, not which one. */
export type OptionName = Exclude<keyof CacheOptions, 'policy'>;

// As a record, so that the compiler demands each option of the contract here.
const everyOption: Readonly<Record<OptionName, true>> = {
  variant: true,
  budget: true,
  sinks: true,
  recent: true,
  positions: true,
  rule: true,
  choice: true,
  score: true,
  seed: true,
};

/** What the `cache` option may hold. */
export const cacheChecks: Readonly<Record<keyof CacheOptions, Check>> = {
  policy: isName,
  ...(Object.fromEntries(Object.keys(everyOption).map((name) => [name, isCheckedLater])) as Record<
    OptionName,
    Check
  >),
};

/** Throws `BAD_OPTION` for an option that is unknown or has no effect on this policy and variant. */
export function requireApplicable(
  policy: string,
  variant: Variant,
  options: CacheOptions,
  applicable: readonly OptionName[],
): void {
  requireOptions('cache', options, cacheChecks);
  const { policy: _, ...rest } = options;
  const who = variant === 'official' ? `the official variant of policy '${policy}'` : `policy '${policy}'`;
  requireApplicableKeys('Cache', who, rest, applicable, { policy, variant });
}

/** The value, if it is an integer in [least, most]; throws `BAD_OPTION` otherwise. */
export function readInteger(option: OptionName, value: number, least?: number, most?: number): number {
  return integerOption('Cache', option, value, least, most);
}

/** The value, if it is one of the words; throws `BAD_OPTION` otherwise. */
export function readWord<Word extends string>(option: OptionName, value: Word, words: readonly Word[]): Word {
  return wordOption('Cache', option, value, words);
}
