// The options of a session and their checks. Those of `load` are presets. A session's `cache` that names no policy
// changes them one by one, and one that names a policy stands alone; a `prefill` always stands alone, since it names
// its mode; and `prefill` is decided anew for each cache, since what it means depends on it.
import { type Check, isCheckedLater, isObject } from '../core/index.ts';
import { type CacheOptions, type CachePlan, planCache } from '../policies/index.ts';
import { type PrefillOptions, type PrefillPlan, planPrefill } from '../prefill/index.ts';
import { chunkOption } from './chunks.ts';

/** Options of a session; those of `load` are its defaults. */
export interface SessionOptions {
  /**
   * What is kept of keys and values. In a session, changes of what `load` was told, or if it names a `policy`, an
   * option of its own. @default TreeKV with a budget of 1024
   */
  readonly cache?: CacheOptions;
  /** Tokens of a prompt read at once when the cache is full, at most 4096: budget + this many are visible. @default 64 */
  readonly prefill_chunk_size?: number;
  /** How prompts are read, and how they are brought down to the budget. @default { mode: 'chunked' } */
  readonly prefill?: PrefillOptions;
}

/** What distinguishes one session from another of the same model. */
export interface SessionPlan {
  readonly cache: CachePlan;
  /** Tokens of a prompt that are read at once when the cache is full. */
  readonly prefill_chunk_size: number;
  readonly prefill: PrefillPlan;
}

/** The options of `load`, as far as they are decided without a session's. */
export interface SessionPreset {
  readonly cache: CachePlan;
  /** What `load` was told of the cache, the policy by its name. */
  readonly cacheOptions: CacheOptions;
  readonly prefill_chunk_size: number;
  readonly prefill: PrefillOptions;
}

/** What each option of a session may hold. */
export const sessionChecks: Readonly<Record<keyof SessionOptions, Check>> = {
  cache: isObject,
  prefill_chunk_size: isCheckedLater,
  prefill: isObject,
};

type Given = { readonly [Name in keyof SessionOptions]?: SessionOptions[Name] | undefined };

/** Decides the options of `load`. Throws BAD_OPTION or BUDGET_TOO_SMALL. */
export async function presetSession(options: Given): Promise<SessionPreset> {
  const { prefill = { mode: 'chunked' }, prefill_chunk_size = 64 } = options;
  const cache = await planCache(options.cache);
  const cacheOptions = { ...options.cache, policy: cache.policy };
  const preset = { cache, cacheOptions, prefill_chunk_size, prefill };
  await planSession({}, preset);
  return preset;
}

/** Decides all options of a session. Throws BAD_OPTION or BUDGET_TOO_SMALL. */
export async function planSession(options: Given, preset: SessionPreset): Promise<SessionPlan> {
  const cache = await planOwnCache(options.cache, preset);
  const chunk = options.prefill_chunk_size ?? preset.prefill_chunk_size;
  return {
    cache,
    prefill_chunk_size: chunkOption('Session', 'prefill_chunk_size', chunk),
    prefill: planPrefill(options.prefill ?? preset.prefill, cache),
  };
}

/**
 * The plan of a session's own `cache` option. One that names no policy changes what `load` was told, option by option;
 * one that names a policy stands alone, since what is meant for one policy says nothing of another.
 * Throws BAD_OPTION or BUDGET_TOO_SMALL.
 */
export async function planOwnCache(own: CacheOptions | undefined, preset: SessionPreset): Promise<CachePlan> {
  if (own === undefined) return preset.cache;
  const given = Object.fromEntries(Object.entries(own).filter(([, value]) => value !== undefined));
  return planCache('policy' in given ? given : { ...preset.cacheOptions, ...given });
}
