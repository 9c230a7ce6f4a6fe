// Greedy decoding, over a batch that answers from a script.
import { expect, test } from 'vitest';
import type { HeldSequence, RowInput } from '../generation/index.ts';
import { type WritingRules, writeGreedily } from './writeGreedily.ts';

const VOCABULARY = 8;
const END = 7;

function likely(...ids: readonly number[]): Float32Array {
  const logits = new Float32Array(VOCABULARY);
  for (const [i, id] of ids.entries()) logits[id] = 10 - i;
  return logits;
}

/** Writes a script after `first`, whatever it reads; checks that it reads what it wrote, and counts its steps. */
async function write(first: Float32Array, script: readonly number[], rules: WritingRules) {
  const read: number[] = [];
  const batch = {
    async step([{ ids }]: readonly RowInput[]) {
      read.push(...ids);
      return { logits: [likely(script[read.length])], nll: [] };
    },
  };
  const written = await writeGreedily({ batch } as unknown as HeldSequence, first, rules);
  expect(read).toEqual(written.slice(0, -1));
  return written;
}

test.each([
  [
    [1, 2, END],
    [1, 2, END],
  ],
  [[END], [END]],
  [
    [3, 3, 3, 3, 3, 3],
    [3, 3, 3, 3, 3],
  ],
  [
    [5, 6, 5, 6, END],
    [5, 6, 5, 6, END],
  ],
])('of %j it writes %j: until an end, which it keeps, or five tokens', async (script, expected) => {
  const rules = { maxNewTokens: 5, endIds: [END, 0] };
  expect(await write(likely(script[0]), script, rules)).toEqual(expected);
});

test('where one token at least is asked for, the first is the likeliest that ends nothing', async () => {
  const rules = { maxNewTokens: 3, endIds: [END, 2], atLeastOne: true };
  expect(await write(likely(END, 2, 3), [3, END], rules)).toEqual([3, END]);
});

test('an abort ends it', async () => {
  const rules = { maxNewTokens: 3, endIds: [], signal: AbortSignal.abort() };
  await expect(write(likely(1), [1, 2, 3], rules)).rejects.toMatchObject({ code: 'ABORTED' });
});
