// What calls report. Names that OpenAI's API has are spelled as there; the rest is ours.
import type { CachePlan } from '../policies/index.ts';
import type { PrefillPlan } from '../prefill/index.ts';
import type { QueryUse } from './promptOptions.ts';

/** The state of a session's cache. */
export interface CacheStatistics {
  /** The `cache` option with everything decided. */
  readonly cache: CachePlan;
  /** The `prefill` option with everything decided. */
  readonly prefill: PrefillPlan;
  /** Tokens of the text so far, read or waiting to be read. */
  readonly tokensSeen: number;
  /** Per layer, entries kept per KV head. */
  readonly entriesKept: readonly number[];
  /** Bytes allocated for keys, values and slot numbers. */
  readonly cacheBytes: number;
}

/** The memory that one call took. */
export interface RunStatistics extends CacheStatistics {
  /** Most bytes that the session's caches held at once, a full cache and what stays of it together. */
  readonly peakCacheBytes: number;
  /** Mean over the tokens read and written of the bytes held while each was processed. */
  readonly meanCacheBytes: number;
  /** Most memory that the whole process has held resident since it began: model, Node and all sessions. */
  readonly peakRssBytes: number;
}

/** What one generation did. */
export interface GenerationStatistics extends RunStatistics {
  /** `stop`: an end-of-text token or a stop text; `length`: max_new_tokens were written. */
  readonly finish_reason: 'stop' | 'length';
  /** Tokens that were waiting to be read, the prompt's among them. */
  readonly prompt_tokens: number;
  /** Tokens written, an end-of-text token included. */
  readonly completion_tokens: number;
  /** Whether the question lay in the compressed prompt or after it; null without a question or a compression. */
  readonly query: QueryUse | null;
  /** Milliseconds to read what was waiting. */
  readonly prefillMs: number;
  /** Milliseconds to write. */
  readonly decodeMs: number;
  /** Tokens written a second. */
  readonly tokensPerSecond: number;
}
