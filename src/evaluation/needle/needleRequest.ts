// What a grid of needles is asked to measure, with everything decided and checked before a model is loaded. Options
// that would have no effect beside the others are refused.
import { integerOption, TreekvError, wordOption } from '../../core/index.ts';
import type { QueryUse } from '../../generation/index.ts';
import type { Document } from '../document.ts';
import type { NamedSession } from '../sessionSpec.ts';
import { type AnswerKind, answerKinds } from './drawNeedle.ts';
import { type Ask, asks } from './needleWording.ts';

/** `passkey`: a sentence hidden in a text; `key-value`: a line in a list. */
export type NeedleTask = 'passkey' | 'key-value';
/** By what a model writes, or by how likely it finds the answer. */
export type ScoreKind = 'generation' | 'likelihood';

/** The tasks. */
export const needleTasks: readonly NeedleTask[] = ['passkey', 'key-value'];
/** The kinds of score. */
export const scoreKinds: readonly ScoreKind[] = ['generation', 'likelihood'];

/**
 * What a grid may ask at most. A filler is made for the longest prompt, and text of more than some hundred million
 * characters does not fit a string; ten thousand prompts a cell bring the interval below a hundredth; an answer is a
 * word or a number.
 */
const MOST = { length: 2 ** 20, samples: 10_000, newTokens: 1024 } as const;

/** What may be asked; what is left out has a default. */
export interface NeedleOptions {
  /** What is hidden, and in what. @default 'passkey' */
  readonly task?: NeedleTask;
  /** What the answer is. @default 'number' */
  readonly needle?: AnswerKind;
  /** How the prompt ends. @default 'question', or 'repeat' if scored by likelihood */
  readonly ask?: Ask;
  /** How an answer is judged. @default 'generation' */
  readonly score?: ScoreKind;
  /** Tokens of a prompt, the answer not among them. @default 1024, 2048, 4096, 8192 */
  readonly lengths?: readonly number[];
  /** Shares of the text before the needle, 0 to 1. @default 0, 0.25, 0.5, 0.75, 1 */
  readonly depths?: readonly number[];
  /** Prompts of each length and depth. @default 10 */
  readonly samples?: number;
  /** Equal seeds draw equal prompts. @default 0 */
  readonly seed?: number;
  /** Task `passkey` only: what it is hidden in. @default a neutral passage of our own */
  readonly filler?: Document;
  /** Score `generation` only. @default 32 */
  readonly maxNewTokens?: number;
  /** Whether prompts go through the model's chat template. @default false */
  readonly chat?: boolean;
  /** Sessions that compress at once only: whether the question takes part. @default 'aware' */
  readonly query?: QueryUse;
}

/** Options with everything decided. */
export interface NeedleRequest {
  /** What is hidden, and in what. */
  readonly task: NeedleTask;
  /** What the answer is. */
  readonly needle: AnswerKind;
  /** How the prompt ends. */
  readonly ask: Ask;
  /** How an answer is judged. */
  readonly score: ScoreKind;
  /** Tokens of a prompt, the answer not among them. */
  readonly lengths: readonly number[];
  /** Shares of the text before the needle, 0 to 1. */
  readonly depths: readonly number[];
  /** Prompts of each length and depth. */
  readonly samples: number;
  /** Equal seeds draw equal prompts. */
  readonly seed: number;
  /** Null for the neutral passage, and for a task without. */
  readonly filler: Document | null;
  /** Null if nothing is written. */
  readonly maxNewTokens: number | null;
  /** Whether prompts go through the model's chat template. */
  readonly chat: boolean;
  /** Null if no session compresses at once. */
  readonly query: QueryUse | null;
  /** The sessions to compare, with everything decided. */
  readonly sessions: readonly NamedSession[];
}

/** Decides everything. Throws BAD_OPTION. */
export function planNeedle(options: NeedleOptions, sessions: readonly NamedSession[]): NeedleRequest {
  const { task = 'passkey', needle = 'number', score = 'generation', chat = false } = options;
  wordOption('Needle', 'task', task, needleTasks);
  wordOption('Needle', 'needle', needle, answerKinds);
  wordOption('Needle', 'score', score, scoreKinds);
  const ask = options.ask ?? (score === 'likelihood' && !chat ? 'repeat' : 'question');
  wordOption('Needle', 'ask', ask, asks);
  if (chat && ask === 'repeat') {
    throw without('ask repeat', 'a chat template, which asks a question', 'ask question, or without chat');
  }
  if (score === 'likelihood' && options.maxNewTokens !== undefined) {
    throw without('maxNewTokens', 'score likelihood, which writes nothing', 'score generation');
  }
  if (task === 'key-value' && options.filler !== undefined) {
    throw without('filler', 'task key-value, whose prompt is the list', 'task passkey');
  }
  const { lengths = [1024, 2048, 4096, 8192], depths = [0, 0.25, 0.5, 0.75, 1] } = options;
  for (const length of lengths) integerOption('Needle', 'lengths', length, 1, MOST.length);
  for (const depth of depths) if (!(depth >= 0 && depth <= 1)) throw badDepth(depth);
  requireGrid('lengths', lengths);
  requireGrid('depths', depths);
  if (sessions.length === 0) throw new TreekvError('BAD_OPTION', 'There are no policies: name at least one.');
  return {
    ...{ task, needle, ask, score, lengths, depths, chat, sessions },
    samples: integerOption('Needle', 'samples', options.samples ?? 10, 1, MOST.samples),
    seed: integerOption('Needle', 'seed', options.seed ?? 0),
    filler: options.filler ?? null,
    maxNewTokens:
      score === 'generation'
        ? integerOption('Needle', 'maxNewTokens', options.maxNewTokens ?? 32, 1, MOST.newTokens)
        : null,
    query: planQuery(options.query, sessions),
  };
}

/** Decides where the question lies; null where no session compresses at once. Throws BAD_OPTION. */
export function planQuery(query: QueryUse | undefined, sessions: readonly NamedSession[]): QueryUse | null {
  if (query !== undefined) wordOption('Needle', 'query', query, ['aware', 'agnostic']);
  const compresses = sessions.some(
    ({ plan: { prefill } }) => prefill.mode === 'full' && prefill.budget !== null,
  );
  if (compresses) return query ?? 'aware';
  if (query === undefined) return null;
  throw without('query', 'sessions of which none compresses a prompt at once', 'prefill full');
}

function requireGrid(option: string, values: readonly number[]): void {
  if (values.length > 0 && new Set(values).size === values.length) return;
  const message = `Needle option '${option}' must name at least one value, and none twice: ${values.join(', ')}.`;
  throw new TreekvError('BAD_OPTION', message, { option, values });
}

function badDepth(depth: number): TreekvError {
  const message = `Needle option 'depths' must be shares from 0 to 1, not ${depth}.`;
  return new TreekvError('BAD_OPTION', message, { option: 'depths', depth });
}

function without(option: string, beside: string, instead: string): TreekvError {
  const message = `Needle option '${option}' has no effect with ${beside}; use ${instead}.`;
  return new TreekvError('BAD_OPTION', message, { option });
}
