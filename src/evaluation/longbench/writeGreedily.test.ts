// Greedy decoding of rows that end at different times, over a batch that answers from a script.
import { expect, test } from 'vitest';
import type { Batch, RowInput } from '../../generation/index.ts';
import { type WritingRules, writeGreedily } from './writeGreedily.ts';

const VOCABULARY = 8;
const END = 7;

function likely(...ids: readonly number[]): Float32Array {
  const logits = new Float32Array(VOCABULARY);
  for (const [i, id] of ids.entries()) logits[id] = 10 - i;
  return logits;
}

/** Rows that write the digits of their scripts, whatever they read; each checks that it reads what it wrote. */
function scripted(scripts: readonly (readonly number[])[]) {
  const rows = scripts.map((script) => ({ script, at: 0 }));
  const sizes: number[] = [];
  const batch = {
    get bytes() {
      return 100 * rows.length;
    },
    async step(inputs: readonly RowInput[]) {
      sizes.push(inputs.length);
      expect(inputs).toHaveLength(rows.length);
      return {
        logits: rows.map((row, i) => {
          expect(Array.from(inputs[i].ids)).toEqual([row.script[row.at]]);
          return likely(row.script[++row.at]);
        }),
        nll: [],
      };
    },
    remove(row: number) {
      rows[row] = rows[rows.length - 1];
      rows.pop();
    },
  };
  const run = (rules: WritingRules) =>
    writeGreedily(
      batch as unknown as Batch,
      scripts.map(([first]) => likely(first)),
      rules,
    );
  return { run, sizes };
}

test('each row writes until its end or the maximum, whichever rows have left before', async () => {
  const { run, sizes } = scripted([[1, 2, END], [END], [3, 3, 3, 3, 3, 3], [4, END], [5, 6, 5, 6, END]]);
  const written = await run({ maxNewTokens: 5, endIds: [END, 0] });
  expect(written.map(({ ids }) => ids)).toEqual([
    [1, 2, END],
    [END],
    [3, 3, 3, 3, 3],
    [4, END],
    [5, 6, 5, 6, END],
  ]);
  expect(sizes).toEqual([4, 3, 2, 2]);
});

test('where one token at least is asked for, the first is the likeliest that ends nothing', async () => {
  const { run } = scripted([[END, END]]);
  await expect(run({ maxNewTokens: 3, endIds: [END] })).resolves.toMatchObject([{ ids: [END] }]);
  const batch = { bytes: 0, step: async () => ({ logits: [likely(END)], nll: [] }), remove: () => undefined };
  const [{ ids }] = await writeGreedily(batch as unknown as Batch, [likely(END, 2, 3)], {
    ...{ maxNewTokens: 3, endIds: [END, 2], atLeastOne: true },
  });
  expect(ids).toEqual([3, END]);
});

test('an abort ends it', async () => {
  const { run } = scripted([[1, 2, 3]]);
  await expect(run({ maxNewTokens: 3, endIds: [], signal: AbortSignal.abort() })).rejects.toMatchObject({
    code: 'ABORTED',
  });
});
