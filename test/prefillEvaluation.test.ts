// The evaluation of prefill: cases that share a reading give what each gives alone, and with room for everything
// all of them give what full attention gives. On a small random model.
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  evaluatePrefill,
  type PrefillCase,
  planPrefillCases,
  prefillPerplexity,
} from '../src/evaluation/index.ts';
import { compressPrompt, type LocalModel, loadLocalModel, readPrompt } from '../src/generation/index.ts';
import { type CacheOptions, findPolicy, planCache } from '../src/policies/index.ts';
import { type PrefillOptions, planPrefill, scoredQueries } from '../src/prefill/index.ts';
import { useTemporaryCache } from './support/temporaryCache.ts';
import { writeTinyFolder } from './support/tinyFolder.ts';

const PROMPT = 300;
const SCORED = 20;
const place = useTemporaryCache();
let model: LocalModel;
let ids: Int32Array;

beforeAll(async () => {
  model = await loadLocalModel(await writeTinyFolder(join(place.folder, 'model')), { dtype: 'fp32' });
  const text = 'Of two neighbours the weaker leaves, and each pass halves what a stretch of text has kept. ';
  ids = model.tokenizer.withBos(model.tokenizer.encode(text.repeat(4)));
});

afterAll(() => model.engine.dispose());

async function caseOf(options: PrefillOptions, cacheOptions: CacheOptions): Promise<PrefillCase> {
  const cache = await planCache(cacheOptions);
  const prefill = planPrefill(options, cache);
  const { mode, method = cache.policy } = options;
  return { name: `${mode} ${method} ${cache.budget}`, policy: method, prefill, cache };
}

function everyCase(budget: number): Promise<PrefillCase[]> {
  const methods = ['treekv', 'streaming-llm', 'h2o', 'tova'];
  const observed = { mode: 'full', window: 8 } as const;
  return Promise.all([
    caseOf({ mode: 'full' }, { policy: 'full' }),
    ...methods.map((policy) => caseOf({ mode: 'full' }, { policy, budget })),
    ...methods.map((policy) => caseOf({ mode: 'chunked' }, { policy, budget })),
    caseOf({ ...observed, method: 'snapkv' }, { policy: 'h2o', budget }),
    caseOf({ ...observed, method: 'pyramidkv' }, { policy: 'h2o', budget }),
  ]);
}

const run = (cases: readonly PrefillCase[]) =>
  prefillPerplexity(model, { ids, prompt: PROMPT, scored: SCORED, cases, chunk: 16 });

it('cases together give what each gives alone, and say what they held', async () => {
  const cases = await everyCase(64);
  const together = await run(cases);
  expect(together.map(({ name }) => name)).toEqual(cases.map(({ name }) => name));
  expect(new Set(together.map(({ nll }) => nll.toFixed(5))).size).toBeGreaterThan(8);
  for (const [i, one] of cases.entries()) {
    const [alone] = await run([one]);
    expect(together[i].nll).toBeCloseTo(alone.nll, 5);
    expect(together[i].entriesKept).toBe(alone.entriesKept);
    expect(together[i].peakCacheBytes).toBeGreaterThanOrEqual(together[i].finalCacheBytes);
  }
  const [full, , , , , chunked] = together;
  expect(full.entriesKept).toBe(PROMPT);
  expect(chunked.peakCacheBytes).toBeLessThan(full.peakCacheBytes / 3);
});

it('with room for everything every case predicts as full attention does', async () => {
  const [full, ...others] = await run(await everyCase(400));
  for (const { name, nll } of others) expect(nll, name).toBeCloseTo(full.nll, 5);
});

it('a text that is too short is refused, with the numbers', async () => {
  const request = { ids, prompt: ids.length - SCORED, scored: SCORED, cases: await everyCase(64) };
  await expect(prefillPerplexity(model, request)).rejects.toMatchObject({
    code: 'BAD_OPTION',
    message: expect.stringContaining(String(ids.length)),
  });
});

it('an abort ends it', async () => {
  const request = { ids, prompt: PROMPT, scored: SCORED, cases: await everyCase(64) };
  await expect(prefillPerplexity(model, { ...request, signal: AbortSignal.abort() })).rejects.toMatchObject({
    code: 'ABORTED',
  });
});

it('a run that is aborted goes on where it was, and ends as an unbroken one', async () => {
  const sentence =
    'Of two neighbours the weaker leaves, and each pass halves what a stretch of text has kept. ';
  const documents = ['first', 'second', 'short'].map((name, i) => ({
    name,
    text: `${name} ${sentence.repeat(i < 2 ? 4 : 1)}`,
  }));
  const cases = await planPrefillCases({ policies: ['full', 'treekv', 'snapkv'], budgets: [64] });
  const request = { documents, cases, prompt: PROMPT, scored: SCORED, chunk: 16 };
  const whole = await evaluatePrefill(model, request);
  const output = join(place.folder, 'prefill');
  const stop = new AbortController();
  const onProgress = ({ done }: { done: number }): void => {
    if (done === cases.length + 1) stop.abort();
  };
  const cut = evaluatePrefill(model, { ...request, output, signal: stop.signal, onProgress });
  await expect(cut).rejects.toMatchObject({ code: 'ABORTED' });
  const resumed = await evaluatePrefill(model, { ...request, output, resume: true });
  expect(resumed.units).toEqual(whole.units);
  expect(resumed.summary).toEqual(whole.summary);
  expect(resumed.protocol.tooShort).toEqual(['short']);
  expect(resumed.summary.map(({ documents: n }) => n)).toEqual(cases.map(() => 2));
});

it('what the summary calls visible is what the largest layer of a compressed prompt has, and the token read', async () => {
  const text = 'Of two neighbours the weaker leaves, and each pass halves what a stretch has kept. '.repeat(
    5,
  );
  const documents = [{ name: 'text', text }];
  const cases = await planPrefillCases({ policies: ['snapkv', 'pyramidkv'], budgets: [64] });
  const { summary } = await evaluatePrefill(model, { documents, cases, prompt: PROMPT, scored: SCORED });
  const plans = cases.map(({ prefill }) => prefill).filter((plan) => plan.mode === 'full');
  const reading = await readPrompt(model.engine, ids.subarray(0, PROMPT), undefined, {
    plan: cases[0].cache,
    windows: plans.map((plan) => scoredQueries(plan, PROMPT)),
  });
  const definition = await findPolicy('h2o');
  const largest: number[] = [];
  for (const [i, plan] of plans.entries()) {
    const { cache } = cases[i];
    const compressed = await compressPrompt(model.engine, reading, plan, cache, definition);
    largest.push(Math.max(...compressed.cache.layers.map(({ order }) => order.count)));
    compressed.batch.dispose();
  }
  reading.batch.dispose();
  expect(largest[1]).toBeGreaterThan(largest[0]);
  expect(summary.map(({ entriesVisible }) => entriesVisible)).toEqual(largest.map((count) => count + 1));
});

it('a prompt longer than every document is refused with both lengths', async () => {
  const cases = await planPrefillCases({ policies: ['full'], budgets: [64] });
  const documents = [{ name: 'short', text: 'Of two neighbours the weaker leaves.' }];
  await expect(
    evaluatePrefill(model, { documents, cases, prompt: 500, scored: SCORED }),
  ).rejects.toMatchObject({ code: 'BAD_OPTION', message: expect.stringContaining('the longest has 37') });
});

it.each([
  ['prompt', { prompt: 0 }],
  ['scored', { scored: 1.5 }],
  ['chunk', { chunk: 0 }],
  ['chunk', { chunk: -3 }],
])('a %s that is no count is refused by name: %j', async (option, wrong) => {
  const cases = await planPrefillCases({ policies: ['treekv'], budgets: [64], modes: ['chunked'] });
  const request = { cases, prompt: PROMPT, scored: SCORED, ...wrong };
  const refusal = { code: 'BAD_OPTION', message: expect.stringContaining(`'${option}'`) };
  const documents = [{ name: 'text', text: 'Of two neighbours the weaker leaves.' }];
  await expect(evaluatePrefill(model, { ...request, documents })).rejects.toMatchObject(refusal);
  await expect(prefillPerplexity(model, { ...request, ids })).rejects.toMatchObject(refusal);
});

it('a chunk where no case is read in chunks is refused', async () => {
  const cases = await planPrefillCases({ policies: ['treekv'], budgets: [64], modes: ['full'] });
  const documents = [{ name: 'text', text: 'Of two neighbours the weaker leaves.' }];
  await expect(
    evaluatePrefill(model, { documents, cases, prompt: 10, scored: 2, chunk: 7 }),
  ).rejects.toMatchObject({ code: 'BAD_OPTION', message: expect.stringContaining('--chunk') });
});
