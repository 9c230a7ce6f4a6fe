// Loading a folder, and what is read of it beside the weights, on a small random model: progress, aborts, the
// tokens that end a text; and perplexity against a computation by hand.
import { join } from 'node:path';
import { type LoadProgress, load } from 'treekv';
import { expect, it } from 'vitest';
import { SequenceCache } from '../src/cache/index.ts';
import { Batch, loadLocalModel } from '../src/generation/index.ts';
import { findPolicy, planCache } from '../src/policies/index.ts';
import { useTemporaryCache } from './support/temporaryCache.ts';
import { writeTinyFolder } from './support/tinyFolder.ts';

const place = useTemporaryCache();
const text = 'Of all the rooms in the house he liked the kitchen best, for it was never quiet.';
const sampled = { do_sample: true, top_k: 0, seed: 4, max_new_tokens: 60 };
let written = 0;

/** A new folder; another seed each time, so that its weights are not packed yet. */
function folderWith(generationConfig: Readonly<Record<string, unknown>> = {}): Promise<string> {
  written++;
  return writeTinyFolder(join(place.folder, `model-${written}`), { seed: written }, generationConfig);
}

/** What progress_callback is told during a load. */
async function progressOf(folder: string): Promise<LoadProgress[]> {
  const told: LoadProgress[] = [];
  const model = await load(folder, { threads: 1, progress_callback: (progress) => told.push(progress) });
  await model.dispose();
  return told;
}

it('progress begins, rises to 100 per cent and ends with ready', async () => {
  const folder = await folderWith();
  const told = await progressOf(folder);
  const shares = told.map(({ progress }) => progress);
  expect(told.map(({ status }) => status)).toEqual([
    'initiate',
    ...new Array<string>(told.length - 3).fill('progress'),
    'done',
    'ready',
  ]);
  expect(told.length).toBeGreaterThan(5);
  expect(shares).toEqual([...shares].sort((a, b) => a - b));
  expect([shares[0], shares.at(-1)]).toEqual([0, 100]);
  expect(new Set(told.map(({ name }) => name))).toEqual(new Set([folder]));
});

it('weights that are packed already make no progress', async () => {
  const folder = await folderWith();
  await progressOf(folder);
  expect((await progressOf(folder)).map(({ status }) => status)).toEqual(['initiate', 'done', 'ready']);
});

it('an abort before or while the weights are packed is ABORTED, and the next load succeeds', async () => {
  const folder = await folderWith();
  await expect(load(folder, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'ABORTED' });
  const controller = new AbortController();
  const options = { signal: controller.signal, progress_callback: () => controller.abort() };
  await expect(load(folder, options)).rejects.toMatchObject({ code: 'ABORTED' });
  await (await load(folder)).dispose();
});

it('every token of an EOS list ends a text and is no part of it', async () => {
  // half of the characters, so that one of them comes soon
  const eos = Array.from({ length: 47 }, (_, i) => 2 * i + 2);
  const free = await load(await folderWith(), { threads: 1 });
  const whole = await free.generate(text, sampled).text();
  await free.dispose();
  const ended = new Set(eos.map((id) => String.fromCharCode(0x20 + id - 2)));
  const length = [...whole].findIndex((character) => ended.has(character));
  written--; // the same weights
  const model = await load(await folderWith({ eos_token_id: eos }), { threads: 1 });
  const result = await model.generate(text, sampled).result;
  await model.dispose();
  expect(length).toBeGreaterThanOrEqual(0);
  expect(result.text).toBe(whole.slice(0, length));
  expect(result.statistics).toMatchObject({ finish_reason: 'stop', completion_tokens: length + 1 });
});

it('perplexity is that of probabilities computed by hand, token by token', async () => {
  const folder = await folderWith();
  const options = { policy: 'treekv', budget: 24, sinks: 2, recent: 6 };
  const { tokenizer, engine } = await loadLocalModel(folder, { dtype: 'fp32', threads: 1 });
  const { layers, kvHeads: heads } = engine.config;
  const batch = new Batch(engine, 1);
  batch.add(new SequenceCache(await planCache(options), await findPolicy('treekv'), { layers, heads }));
  const ids = tokenizer.withBos(tokenizer.encode(text));
  let nll = 0;
  for (let t = 0; t + 1 < ids.length; t++) {
    const [logits = []] = (await batch.step([{ ids: ids.subarray(t, t + 1) }])).logits;
    const highest = Math.max(...logits);
    const total = [...logits].reduce((sum, logit) => sum + Math.exp(logit - highest), 0);
    nll -= logits[ids[t + 1]] - highest - Math.log(total);
  }
  await engine.dispose();

  const model = await load(folder, { dtype: 'fp32', threads: 1 });
  const result = await model.perplexity(text, { cache: options });
  await model.dispose();
  expect(result.tokens).toBe(text.length);
  expect(result.perplexity / Math.exp(nll / text.length)).toBeCloseTo(1, 5);
});
