// What an answer is worth, two ways. By generation: the continuation, the likeliest token each time, holds the answer
// as a word of its own or begins with it. By likelihood: the answer's own tokens are read one by one, whatever the model would have
// written; how likely each was (mean negative log-likelihood, in float64), and whether each was the likeliest, which is
// to say that greedy generation would have begun with the answer. The last token's logits come from reading.
import { argmax, type HeldSequence, type LocalModel } from '../../generation/index.ts';
import type { ReadSession } from '../readUnder.ts';
import { writeGreedily } from '../writeGreedily.ts';

/** An answer scored by generation. */
export interface GenerationScore {
  /** What was written. */
  readonly text: string;
  /** It holds the answer, whatever the case, with no letter or digit beside it. */
  readonly contains: boolean;
  /** It begins with the answer, behind white space, and no letter or digit follows. */
  readonly exact: boolean;
}

/** An answer scored by likelihood. */
export interface LikelihoodScore {
  /** Mean negative log-likelihood of the answer's tokens, natural logarithm. */
  readonly nll: number;
  /** Tokens of the answer, and how many of them were the likeliest. */
  readonly tokens: number;
  readonly likeliest: number;
  /** All of them were. */
  readonly exact: boolean;
}

/** What a model writes behind a prompt, greedily; the end-of-text token is no part of it. Throws ABORTED. */
export async function continuation(
  { tokenizer, eosIds }: Pick<LocalModel, 'tokenizer' | 'eosIds'>,
  read: ReadSession,
  maxNewTokens: number,
  signal: AbortSignal | undefined,
): Promise<string> {
  const written = await writeGreedily(read, read.logits, { maxNewTokens, endIds: eosIds, signal });
  return tokenizer.decode(written.filter((id) => !eosIds.includes(id)));
}

/** Scores a continuation. */
export function scoreText(text: string, answer: string): GenerationScore {
  const behind = text.trimStart();
  const begins = behind.toLowerCase().startsWith(answer.toLowerCase());
  const exact = begins && !/^[\p{L}\p{N}]/u.test(behind.slice(answer.length));
  return { text, contains: holdsWhole(text, answer), exact };
}

/** Reads an answer. @param logits [V] after the prompt. @param ids [n] the answer's tokens, n >= 1. */
export async function scoreTokens(
  { batch }: HeldSequence,
  logits: Float32Array,
  ids: Int32Array,
): Promise<LikelihoodScore> {
  let sum = 0;
  let likeliest = 0;
  let ahead = logits;
  for (let t = 0; t < ids.length; t++) {
    sum += negativeLogLikelihood(ahead, ids[t]);
    if (argmax(ahead) === ids[t]) likeliest++;
    if (t + 1 === ids.length) break;
    const output = await batch.step([{ ids: ids.subarray(t, t + 1) }]);
    ahead = output.logits[0] ?? new Float32Array(0);
  }
  return { nll: sum / ids.length, tokens: ids.length, likeliest, exact: likeliest === ids.length };
}

/** Whether a text holds another, whatever the case. */
export function holds(text: string, part: string): boolean {
  return text.toLowerCase().includes(part.toLowerCase());
}

/** The same, if neither a letter nor a digit stands beside it: 482137 does not hold 48213. */
function holdsWhole(text: string, part: string): boolean {
  const [whole, wanted] = [text.toLowerCase(), part.toLowerCase()];
  for (let at = whole.indexOf(wanted); at >= 0; at = whole.indexOf(wanted, at + 1)) {
    const before = whole.slice(0, at);
    const after = whole.slice(at + wanted.length);
    if (!/[\p{L}\p{N}]$/u.test(before) && !/^[\p{L}\p{N}]/u.test(after)) return true;
  }
  return false;
}

/** -log softmax(logits)[id]. @param logits [V] */
function negativeLogLikelihood(logits: Float32Array, id: number): number {
  const largest = logits[argmax(logits)];
  let sum = 0;
  for (const logit of logits) sum += Math.exp(logit - largest);
  return Math.log(sum) + largest - logits[id];
}
