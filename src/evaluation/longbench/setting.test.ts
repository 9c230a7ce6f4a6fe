// Which tokens end an answer: the model's, and for SAMSum the newline, which is not to be the first.
import { expect, test } from 'vitest';
import type { LocalModel } from '../../generation/index.ts';
import { settle } from './setting.ts';
import { findTasks } from './tasks.ts';

const model = {
  eosIds: [2],
  tokenizer: { encode: () => Int32Array.of(29, 13) },
} as unknown as LocalModel;

test('SAMSum ends at the newline too, behind one token at least; other tasks at the end of the text', async () => {
  const [lcc, samsum] = [...findTasks(['lcc']), ...findTasks(['samsum'])];
  const { endOf, newlineId } = await settle(model, [lcc, samsum], 'never');
  expect(newlineId).toBe(13);
  expect(endOf(samsum)).toEqual({ endIds: [2, 13], atLeastOne: true });
  expect(endOf(lcc)).toEqual({ endIds: [2] });
});

test('without SAMSum no newline is looked for', async () => {
  const { newlineId } = await settle(model, findTasks(['lcc']), 'never');
  expect(newlineId).toBeNull();
});
