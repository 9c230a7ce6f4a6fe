// What a LongBench run is asked for.
import type { NamedSession } from '../sessionSpec.ts';
import type { LongBenchData } from './longBenchData.ts';

/**
 * `auto`: the tasks that LongBench wraps, if the model has a chat template; `always`: all tasks; `never`: none.
 */
export type ChatUse = 'auto' | 'always' | 'never';

/** The uses of a chat template. */
export const chatUses: readonly ChatUse[] = ['auto', 'always', 'never'];

/** What of LongBench is run, and under which caches. */
export interface LongBenchRequest {
  /** What `readLongBench` gave. */
  readonly data: LongBenchData;
  /** The sessions to compare, with everything decided. */
  readonly sessions: readonly NamedSession[];
  /** Tokens of a prompt above which its middle is cut. @default 32,768, the paper's */
  readonly maxLength?: number;
  /** Which prompts go through the model's chat template. @default 'auto' */
  readonly chat?: ChatUse;
  /** Scores a summary 0 where LongBench's scorer overflows its stack. @default true */
  readonly compatRecursionLimit?: boolean;
}
