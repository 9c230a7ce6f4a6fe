// The options of a session and their checks. Those of `load` are presets: a session that names another cache
// has its `prefill` option decided anew, since what it means depends on the cache.
import { type CacheOptions, type CachePlan, planCache } from '../policies/index.ts';
import { type PrefillOptions, type PrefillPlan, planPrefill } from '../prefill/index.ts';
import { chunkOption } from './chunks.ts';

/** Options of a session; those of `load` are its defaults. */
export interface SessionOptions {
  /** What is kept of keys and values. @default TreeKV with a budget of 1024 */
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
  readonly prefill_chunk_size: number;
  readonly prefill: PrefillOptions;
}

/** Names of the options of a session. */
export const sessionOptionNames = ['cache', 'prefill_chunk_size', 'prefill'] as const;

type Given = { readonly [Name in keyof SessionOptions]?: SessionOptions[Name] | undefined };

/** Decides the options of `load`. Throws BAD_OPTION or BUDGET_TOO_SMALL. */
export async function presetSession(options: Given): Promise<SessionPreset> {
  const { prefill = { mode: 'chunked' }, prefill_chunk_size = 64 } = options;
  const preset = { cache: await planCache(options.cache), prefill_chunk_size, prefill };
  await planSession({}, preset);
  return preset;
}

/** Decides all options of a session. Throws BAD_OPTION or BUDGET_TOO_SMALL. */
export async function planSession(options: Given, preset: SessionPreset): Promise<SessionPlan> {
  const cache = options.cache === undefined ? preset.cache : await planCache(options.cache);
  const chunk = options.prefill_chunk_size ?? preset.prefill_chunk_size;
  return {
    cache,
    prefill_chunk_size: chunkOption('Session', 'prefill_chunk_size', chunk),
    prefill: planPrefill(options.prefill ?? preset.prefill, cache),
  };
}
