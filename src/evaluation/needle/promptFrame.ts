// How a prompt reaches a model: as it is, or inside a chat template as one message of the user's, in which case the
// words that begin the answer open the assistant's turn. And a prompt as tokens. What is searched (the context) and
// what is asked about it (the question) are encoded on their own, as sessions do, so that all ways of compressing
// read the same tokens.
import { ChatTemplate } from '../../chat/index.ts';
import { TreekvError } from '../../core/index.ts';
import type { LocalModel } from '../../generation/index.ts';
import type { TextTokenizer } from '../../model/index.ts';
import { noChatTemplate, renderMessage } from '../chatMessage.ts';
import type { PromptIds } from '../readUnder.ts';

/** What stands around a prompt. */
export interface PromptFrame {
  readonly before: string;
  /** Between the question and the words that begin the answer. */
  readonly after: string;
  /** Whether a chat template wrote it, special tokens included; otherwise BOS is put in front. */
  readonly rendered: boolean;
}

/** A prompt as text. */
export interface PromptText {
  readonly context: string;
  readonly question: string;
  readonly rendered: boolean;
}

/** No frame: for models that continue texts. */
export const plainFrame: PromptFrame = { before: '', after: '', rendered: false };

const mark = 'HereStandsTheMessage';

/** The frame of a model's chat template. Throws UNSUPPORTED or BAD_FILE. */
export async function chatFrame({ source }: Pick<LocalModel, 'source'>): Promise<PromptFrame> {
  const text = await source.readChatTemplate();
  const { file, template } = text;
  if (template === undefined) throw noChatTemplate(file);
  const rendered = renderMessage(new ChatTemplate({ ...text, template }), mark);
  const [before, after, ...more] = rendered.split(mark);
  if (after !== undefined && more.length === 0) return { before, after, rendered: true };
  const message = `The chat template of ${file} does not write a message exactly once; leave --chat out.`;
  throw new TreekvError('UNSUPPORTED', message, { file });
}

/** Puts a prompt into its frame. @param lead begins the answer. */
export function framed(
  { before, after, rendered }: PromptFrame,
  { context, question, lead }: { readonly context: string; readonly question: string; readonly lead: string },
): PromptText {
  return {
    context: before + context,
    // A template ends its turn's opening itself: no space belongs behind it.
    question: question + after + (rendered ? lead.trimStart() : lead),
    rendered,
  };
}

/** A prompt's tokens. */
export function promptIds(tokenizer: TextTokenizer, { context, question, rendered }: PromptText): PromptIds {
  const ids = tokenizer.encode(context);
  return { context: rendered ? ids : tokenizer.withBos(ids), question: tokenizer.encode(question) };
}

/** Tokens of a prompt. */
export function promptLength({ context, question }: PromptIds): number {
  return context.length + question.length;
}

/**
 * The tokens of an answer behind a question. Throws UNSUPPORTED where the tokenizer joins the two, so that the
 * answer has no tokens of its own.
 */
export function answerIds(tokenizer: TextTokenizer, question: string, answer: string): Int32Array {
  const before = tokenizer.encode(question);
  const both = tokenizer.encode(question + (/\s$/.test(question) ? '' : ' ') + answer);
  if (before.every((id, i) => id === both[i])) return both.subarray(before.length);
  const message = `This tokenizer joins the answer '${answer}' with the words before it; score by generation.`;
  throw new TreekvError('UNSUPPORTED', message, { question, answer });
}
