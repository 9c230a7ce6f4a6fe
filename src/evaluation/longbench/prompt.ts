// A sample as the tokens that a model reads, by LongBench's steps in LongBench's order: the template is filled; a
// prompt that is too long loses its middle; what is left is wrapped in the model's chat template, where the task has
// it, and encoded. The middle is cut in tokens but rejoined as text, so the prompt that is read may differ from the
// maximum by a few tokens, and with the chat template exceed it.
import type { ChatTemplate } from '../../chat/index.ts';
import { TreekvError } from '../../core/index.ts';
import type { TextTokenizer } from '../../model/index.ts';
import { renderMessage } from '../chatMessage.ts';
import { decodeText } from './decodeText.ts';
import type { Sample } from './sampleFile.ts';

/** A prompt, ready to be read. */
export interface LongBenchPrompt {
  /** [n] BOS included. */
  readonly ids: Int32Array;
  /** Tokens before the middle was cut and the chat template put round it. */
  readonly wholeTokens: number;
}

export interface PromptRules {
  /** Tokens above which the middle is cut, BOS included. */
  readonly maxLength: number;
  /** Wraps the prompt. @default nothing does */
  readonly chat?: ChatTemplate | undefined;
}

/** The template with a sample's texts in it. Throws BAD_FILE for a field that samples do not have. */
export function fillTemplate(
  template: string,
  { input, context }: Pick<Sample, 'input' | 'context'>,
): string {
  return template.replace(/\{(\w*)\}/g, (_, field: string) => {
    if (field === 'input') return input;
    if (field === 'context') return context;
    const message = `A template of dataset2prompt.json has the field {${field}}; there are {context} and {input}.`;
    throw new TreekvError('BAD_FILE', message, { field });
  });
}

/** The prompt's tokens. */
export function encodePrompt(
  tokenizer: TextTokenizer,
  text: string,
  { maxLength, chat }: PromptRules,
): LongBenchPrompt {
  const encode = (whole: string): Int32Array => tokenizer.withBos(tokenizer.encode(whole));
  const ids = encode(text);
  const wholeTokens = ids.length;
  const fits = wholeTokens <= maxLength;
  if (fits && chat === undefined) return { ids, wholeTokens };
  const kept = fits ? text : cutMiddle(tokenizer, ids, maxLength);
  return { ids: encode(chat === undefined ? kept : renderMessage(chat, kept)), wholeTokens };
}

/** The text of the first and the last tokens, half of the maximum each, without special tokens. */
function cutMiddle(tokenizer: TextTokenizer, ids: Int32Array, maxLength: number): string {
  const half = Math.floor(maxLength / 2);
  return (
    decodeText(tokenizer, ids.subarray(0, half)) + decodeText(tokenizer, ids.subarray(ids.length - half))
  );
}
