// A prompt and the question about it. Where a prompt is compressed at once it matters whether the question was
// there already: inside, its queries help to choose what stays; behind, they find what the prompt alone has
// chosen, as when one context serves many questions. Results say which it was. Both are encoded on their own,
// so that the two ways read the same tokens.
import {
  type Check,
  isCheckedLater,
  isText,
  requireArgument,
  TreekvError,
  wordOption,
} from '../core/index.ts';
import type { PrefillPlan } from '../prefill/index.ts';

/** `aware`: the question lies inside the compressed prompt; `agnostic`: it is read after the compression. */
export type QueryUse = 'aware' | 'agnostic';

const queryUses: readonly QueryUse[] = ['aware', 'agnostic'];

/** What `model.generate` takes beside the prompt. */
export interface PromptOptions {
  /** Text that follows the prompt. @default none */
  readonly question?: string | undefined;
  /** Whether the question takes part in the compression. With `question` and prefill mode full only. @default 'aware' */
  readonly query?: QueryUse | undefined;
}

/** What each option of a prompt may hold. */
export const promptChecks: Readonly<Record<keyof PromptOptions, Check>> = {
  question: isText,
  query: isCheckedLater,
};

/** Refuses what is no text to read, and says where it belongs. Throws BAD_OPTION. */
export function requireText(call: string, name: string, text: unknown): void {
  requireArgument(call, name, text, isText, hintFor(text));
}

function hintFor(text: unknown): string {
  if (Array.isArray(text)) return ' Messages are for model.chat(): (await model.chat()).send(messages).';
  if (ArrayBuffer.isView(text)) return " Decode bytes first: Buffer.from(bytes).toString('utf8').";
  return '';
}

/** A text to read before writing. */
export interface Prompt {
  readonly text: string;
  /** Rendered by a chat template, which writes every special token; otherwise a session's first text gets BOS. */
  readonly rendered: boolean;
  readonly question?: string;
  /** Only with a question that is read beside a compression. */
  readonly query?: QueryUse;
}

/** Decides the options of a prompt. Throws BAD_OPTION or EMPTY_INPUT. */
export function planPrompt(text: string, { question, query }: PromptOptions, prefill: PrefillPlan): Prompt {
  const prompt = { text, rendered: false };
  if (question === undefined) {
    if (query === undefined) return prompt;
    throw notApplicable(query, 'there is no question; give one with `question`');
  }
  if (question === '') {
    throw new TreekvError(
      'EMPTY_INPUT',
      'The question is empty: leave it out, or give at least a character.',
    );
  }
  if (prefill.mode === 'chunked' || prefill.budget === null) {
    if (query === undefined) return { ...prompt, question };
    throw notApplicable(query, 'the prompt is not compressed at once; it goes with prefill mode `full`');
  }
  return {
    ...prompt,
    question,
    query: wordOption('Generate', 'query', query ?? 'aware', queryUses),
  };
}

function notApplicable(query: unknown, why: string): TreekvError {
  return new TreekvError('BAD_OPTION', `Option 'query' has no effect here: ${why}.`, {
    option: 'query',
    query,
  });
}
