// A prompt that hides an answer, as both tasks build it.
import { TreekvError } from '../../core/index.ts';
import type { TextTokenizer } from '../../model/index.ts';
import type { AnswerKind } from './drawNeedle.ts';
import type { Ask } from './needleWording.ts';
import type { PromptFrame, PromptText } from './promptFrame.ts';

/** What prompts are made from. */
export interface PromptGround {
  readonly tokenizer: TextTokenizer;
  readonly frame: PromptFrame;
  readonly kind: AnswerKind;
  readonly ask: Ask;
}

/** Where a prompt's needle is to lie. */
export interface Spot {
  /** Tokens of the whole prompt. */
  readonly length: number;
  /** Share of the text before the needle, 0 to 1. */
  readonly depth: number;
}

/** A prompt that hides an answer. */
export interface NeedlePrompt extends PromptText {
  readonly answer: string;
  /** Share of the searched text that really stands before the needle. */
  readonly depth: number;
  /** Offset of the needle in the context, in UTF-16 units. */
  readonly at: number;
}

/** A length in which nothing fits. @param around tokens that a prompt has without its text. */
export function noRoom(length: number, around: number): TreekvError {
  const message = `A prompt of ${length} tokens has no room: its question and needle alone have ${around}.`;
  return new TreekvError('BAD_OPTION', message, { length, around });
}
