// What a step of each kind of case may see.
import { expect, test } from 'vitest';
import { entriesVisible } from './entriesVisible.ts';
import { planPrefillCases } from './prefillCases.ts';

const cases = await planPrefillCases({
  policies: ['full', 'h2o', 'snapkv', 'pyramidkv'],
  budgets: [512, 2048],
});

function visible(name: string, prompt: number, scored = 512): number {
  const found = cases.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no case ${name}`);
  return entriesVisible(found, { prompt, scored, chunk: 64 }, 8);
}

test('of a pyramid the first layer sees most: its own budget and the token read', () => {
  // 480 chosen in the mean, 24 in the last layer and 936 in the first, and the window of 32
  expect(visible('full pyramidkv 512', 15_000)).toBe(936 + 32 + 1);
  expect(visible('full pyramidkv 2048', 15_000)).toBe(3965);
  // below twice the mean all layers keep the same
  expect(visible('full pyramidkv 512', 900)).toBe(513);
});

test('behind a prompt that was compressed at once, the budget and the token read; in chunks, the budget and a chunk', () => {
  expect(visible('full snapkv 512', 15_000)).toBe(513);
  expect(visible('full h2o 512', 15_000)).toBe(513);
  expect(visible('chunked h2o 512', 15_000)).toBe(576);
});

test('never more than was read, and of everything all of it', () => {
  expect(visible('full full all', 15_000)).toBe(15_512);
  expect(visible('full h2o 512', 300, 100)).toBe(400);
  expect(visible('chunked h2o 512', 300, 100)).toBe(400);
  // the prompt's last chunk has 20 tokens
  expect(visible('chunked h2o 512', 532, 100)).toBe(532);
  // the prompt fits, what follows does not
  expect(visible('chunked h2o 512', 500, 100)).toBe(513);
});
