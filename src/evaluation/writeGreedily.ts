// What a model writes behind a prompt if it takes the likeliest token each time, and of equal ones the lower. It
// neither reads the prompt nor scores what it writes; tokens are judged and not text, since LongBench ends answers
// at tokens.
import { argmax, type HeldSequence } from '../generation/index.ts';
import { requireRunning } from './requireRunning.ts';

/** How an answer ends. */
export interface WritingRules {
  /** Tokens at most, at least 1. */
  readonly maxNewTokens: number;
  /** Tokens that end the answer; they are part of it. */
  readonly endIds: readonly number[];
  /** Whether the first token may not end the answer. @default false */
  readonly atLeastOne?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Writes.
 * @param logits [V] after the prompt.
 * @returns the tokens, the one that ended the answer included. Throws ABORTED.
 */
export async function writeGreedily(
  { batch }: Pick<HeldSequence, 'batch'>,
  logits: Float32Array,
  { maxNewTokens, endIds, atLeastOne = false, signal }: WritingRules,
): Promise<number[]> {
  let last = argmax(atLeastOne ? withoutEnds(logits, endIds) : logits);
  const written = [last];
  while (!endIds.includes(last) && written.length < maxNewTokens) {
    requireRunning(signal);
    const output = await batch.step([{ ids: Int32Array.of(last) }]);
    last = argmax(output.logits[0] ?? new Float32Array(0));
    written.push(last);
  }
  return written;
}

function withoutEnds(logits: Float32Array, endIds: readonly number[]): Float32Array {
  const allowed = logits.slice();
  for (const id of endIds) allowed[id] = Number.NEGATIVE_INFINITY;
  return allowed;
}
