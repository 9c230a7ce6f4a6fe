// Greedy decoding of a batch's rows, each until a token that ends it or so many tokens. Rows that have ended leave
// the batch.
import { TreekvError } from '../../core/index.ts';
import { argmax, type Batch } from '../../generation/index.ts';

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

/** What a row wrote. */
export interface Written {
  readonly ids: readonly number[];
  /** Bytes of the whole batch when the row ended. */
  readonly bytes: number;
}

/**
 * Writes with all rows, and leaves the batch without any.
 * @param first per row [V] logits after the prompt.
 * Throws ABORTED.
 */
export async function writeGreedily(
  batch: Batch,
  first: readonly (Float32Array | undefined)[],
  { maxNewTokens, endIds, atLeastOne = false, signal }: WritingRules,
): Promise<Written[]> {
  const ids = first.map((): number[] => []);
  const bytes = first.map(() => 0);
  // active[i] is the row of `first` that the batch holds in row i
  const active = [...first.keys()];
  const take = (logits: readonly (Float32Array | undefined)[], without: readonly number[]): void => {
    // from the last: the last active row takes the place of one that leaves
    for (let i = active.length - 1; i >= 0; i--) {
      const id = likeliest(logits[i], without);
      const row = active[i];
      ids[row].push(id);
      if (!endIds.includes(id) && ids[row].length < maxNewTokens) continue;
      bytes[row] = batch.bytes;
      batch.remove(i);
      active[i] = active[active.length - 1];
      active.pop();
    }
  };
  take(first, atLeastOne ? endIds : []);
  while (active.length > 0) {
    if (signal?.aborted) throw new TreekvError('ABORTED', 'The evaluation was aborted.');
    const { logits } = await batch.step(active.map((row) => ({ ids: Int32Array.of(ids[row].at(-1) ?? 0) })));
    take(logits, []);
  }
  return ids.map((written, row) => ({ ids: written, bytes: bytes[row] }));
}

function likeliest(logits: Float32Array | undefined, without: readonly number[]): number {
  if (logits === undefined) throw new Error('a row that writes has no logits');
  if (without.length === 0) return argmax(logits);
  const allowed = logits.slice();
  for (const id of without) allowed[id] = Number.NEGATIVE_INFINITY;
  return argmax(allowed);
}
