// How a command line names sessions: policies in both modes, methods that are no policies, and what is refused.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { planSessions, planSessionsAt } from './sessionSpec.ts';

const split = { budget: 256, sinks: 4, recent: 100 };
const custom = join(import.meta.dirname, '..', '..', 'test', 'fixtures', 'everyKth.mjs');

test('in mode chunked the policy evicts while the prompt is read', async () => {
  const [{ name, plan }] = await planSessions(['treekv'], split, { chunk: 32 });
  expect(name).toBe('treekv');
  expect(plan).toMatchObject({ cache: { policy: 'treekv', ...split }, prefill_chunk_size: 32 });
  expect(plan.prefill).toEqual({ mode: 'chunked' });
});

test('in mode full the method of the name compresses, and a method that is no policy hands over to h2o', async () => {
  const sessions = await planSessions(['treekv', 'snapkv', 'pyramidkv', 'h2o', 'full'], split, {
    mode: 'full',
  });
  const of = ({ plan: { prefill, cache } }: (typeof sessions)[number]) => [
    prefill.mode === 'full' && prefill.method,
    cache.policy,
  ];
  expect(sessions.map(of)).toEqual([
    ['treekv', 'treekv'],
    ['snapkv', 'h2o'],
    ['pyramidkv', 'h2o'],
    ['h2o', 'h2o'],
    ['full', 'full'],
  ]);
});

test('a policy of a module works in mode chunked, and is refused by name where it has no method', async () => {
  const [{ plan }] = await planSessions([custom], split);
  expect(plan.cache.policy).toBe(pathToFileURL(custom).href);
  await expect(planSessions([custom], split, { mode: 'full' })).rejects.toMatchObject({ code: 'BAD_OPTION' });
});

test('at several budgets every session is named by its own, and full comes once', async () => {
  const at = (budgets: readonly number[]) =>
    planSessionsAt(budgets, ['full', 'h2o', 'snapkv'], { sinks: 4 }, { mode: 'full' });
  const sessions = await at([128, 256]);
  expect(sessions.map(({ name, plan }) => [name, plan.cache.budget])).toEqual([
    ['full', null],
    ['h2o at 128', 128],
    ['snapkv at 128', 128],
    ['h2o at 256', 256],
    ['snapkv at 256', 256],
  ]);
  expect((await at([128])).map(({ name }) => name)).toEqual(['full', 'h2o', 'snapkv']);
  await expect(at([128, 128])).rejects.toMatchObject({
    code: 'BAD_OPTION',
    message: 'Budget 128 is named twice; name it once.',
  });
});

test.each([0, -3, 1.5])('a chunk of %d tokens is BAD_OPTION', async (chunk) => {
  await expect(planSessions(['treekv'], split, { chunk })).rejects.toMatchObject({
    code: 'BAD_OPTION',
    message: expect.stringContaining(`'chunk' must be an integer from 1 to 4096, not ${chunk}`),
  });
});

test.each([
  [['snapkv'], "needs prefill mode 'full'"],
  [['h2o', 'h2o'], 'named twice'],
  [['snapkvv'], 'Unknown policy'],
])('%j in mode chunked is BAD_OPTION', async (specs, words) => {
  await expect(planSessions(specs, split)).rejects.toMatchObject({
    code: 'BAD_OPTION',
    message: expect.stringContaining(words),
  });
});
