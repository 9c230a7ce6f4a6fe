// Whether a step gave numbers. Weights that do not fit their model, or sums beyond float32's range, end in NaN or
// infinity, which no later part would notice: a mean over them says nothing, JSON writes them as null, and the likeliest
// of logits that are no numbers is a token like any other. One logit of a row is looked at, not all of them: what is no
// number in a row's last hidden state reaches every one of its logits. With 8-bit weights it may not: their products
// round the hidden state first.
import type { SequenceCache } from '../cache/index.ts';
import { TreekvError } from '../core/index.ts';
import type { BatchOutput, RowInput } from './batchStep.ts';

/** Throws ENGINE_FAILED at the first likelihood or row of logits that is no number. @param rows before the step ends */
export function requireNumbers(
  inputs: readonly RowInput[],
  { logits, nll }: BatchOutput,
  rows: readonly SequenceCache[],
): void {
  for (const [row, { ids, targets }] of inputs.entries()) {
    const { seen } = rows[row];
    const scored = nll[row];
    if (targets !== undefined && scored !== undefined) {
      let next = 0;
      for (let t = 0; t < targets.length; t++) {
        if (targets[t] < 0) continue;
        const value = scored[next++];
        if (!Number.isFinite(value)) throw noNumber('negative log-likelihood', row, seen + t, value);
      }
    }
    const first = logits[row]?.[0] ?? 0;
    if (!Number.isFinite(first)) throw noNumber('logits', row, seen + ids.length - 1, first);
  }
}

/** @param token its place in its text, from 0 */
function noNumber(what: string, row: number, token: number, value: number): TreekvError {
  const message =
    `The model's ${what} at token ${token + 1} of row ${row + 1} came out as ${value}. Its weights or its input are ` +
    'broken, or its numbers leave the range of float32.';
  return new TreekvError('ENGINE_FAILED', message, { row, token, value });
}
