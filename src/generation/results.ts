// What calls report. Names that OpenAI's API has are spelled as there; the rest is ours.
import type { CachePlan } from '../policies/index.ts';

/** The state of a session's cache. */
export interface CacheStatistics {
  /** The `cache` option with everything decided. */
  readonly cache: CachePlan;
  /** Tokens of the text so far, read or waiting to be read. */
  readonly tokensSeen: number;
  /** Per layer, entries kept per KV head. */
  readonly entriesKept: readonly number[];
  /** Bytes allocated for keys, values and slot numbers. */
  readonly cacheBytes: number;
}

/** What one generation did. */
export interface GenerationStatistics extends CacheStatistics {
  /** `stop`: an end-of-text token or a stop text; `length`: max_new_tokens were written. */
  readonly finish_reason: 'stop' | 'length';
  /** Tokens that were waiting to be read, the prompt's among them. */
  readonly prompt_tokens: number;
  /** Tokens written, an end-of-text token included. */
  readonly completion_tokens: number;
  /** Milliseconds to read what was waiting. */
  readonly prefillMs: number;
  /** Milliseconds to write. */
  readonly decodeMs: number;
  /** Tokens written a second. */
  readonly tokensPerSecond: number;
}
