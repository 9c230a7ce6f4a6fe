// Rows that are scored together give what each gives alone, whatever the policies, lengths and chunks beside it;
// and a target of -1 changes nothing but its own number. On a small random model in fp32.
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SequenceCache } from '../src/cache/index.ts';
import type { Engine, StepResult } from '../src/engine/index.ts';
import { Batch, type LocalModel, loadLocalModel, type ScoreRow, score } from '../src/generation/index.ts';
import { scoreTexts } from '../src/generation/scoreTexts.ts';
import { type CacheOptions, findPolicy, planCache } from '../src/policies/index.ts';
import { useTemporaryCache } from './support/temporaryCache.ts';
import { writeTinyFolder } from './support/tinyFolder.ts';

const split = { budget: 24, sinks: 2, recent: 6 };
const caches: readonly CacheOptions[] = [
  { policy: 'treekv', ...split },
  { policy: 'treekv', score: 'sum', ...split },
  { policy: 'treekv', score: 'last', ...split },
  { policy: 'treekv', choice: 'keep-left', ...split },
  { policy: 'h2o', ...split },
  { policy: 'tova', ...split },
  { policy: 'streaming-llm', ...split },
  { policy: 'h2o', variant: 'official', budget: 17 },
  { policy: './test/fixtures/everyKth.mjs', budget: 20 },
  { policy: 'full' },
];
const text =
  'The keeper climbed the stairs of the lighthouse, counting them as he had every night of the year. ';

const place = useTemporaryCache();
let model: LocalModel;
let rows: ScoreRow[];

beforeAll(async () => {
  model = await loadLocalModel(await writeTinyFolder(join(place.folder, 'model')), { dtype: 'fp32' });
  rows = await Promise.all(
    caches.map(async (options, i) => {
      const ids = model.tokenizer.withBos(model.tokenizer.encode(text.slice(i) + text));
      const n = 120 + 7 * i;
      return { ids: ids.subarray(0, n), targets: ids.subarray(1, n + 1), plan: await planCache(options) };
    }),
  );
});

afterAll(() => model.engine.dispose());

describe.each([1, 5])('in chunks of %i', (chunk) => {
  it('every row has within 1e-5 the likelihoods that it has alone, and sees as much', async () => {
    const { results } = await score(model.engine, rows, { chunk });
    for (const [i, row] of rows.entries()) {
      const [alone] = (await score(model.engine, [row], { chunk })).results;
      const worst = Math.max(...alone.nll.map((value, at) => Math.abs(value - results[i].nll[at])));
      expect(worst, caches[i].policy).toBeLessThan(1e-5);
      expect(results[i].entriesVisible).toBe(alone.entriesVisible);
    }
  });

  it('a target of -1 is not scored, and the others come out as before', async () => {
    const whole = await score(model.engine, rows, { chunk });
    const some = rows.map((row, i) => ({
      ...row,
      targets: row.targets.map((token, at) => ((at + i) % 3 === 0 || at < 40 * i ? -1 : token)),
    }));
    const counts: number[][] = [];
    const part = await score(model.engine, some, {
      chunk,
      onProgress: (progress) => counts.push([...progress.counts]),
    });
    for (const [i, { targets }] of some.entries()) {
      for (const [at, token] of targets.entries()) {
        if (token < 0) expect(part.results[i].nll[at]).toBeNaN();
        else expect(part.results[i].nll[at]).toBeCloseTo(whole.results[i].nll[at], 5);
      }
      expect(counts.at(-1)?.[i]).toBe(targets.filter((token) => token >= 0).length);
    }
  });
});

it('a text that spells BOS out is scored and counted as one that does not', async () => {
  const plan = await planCache({ policy: 'treekv', ...split });
  const request = { texts: [text, `<bos>${text}`], plans: [plan], limit: null, chunk: 1 };
  const { texts } = await scoreTexts(model, request, new AbortController().signal, () => {});
  expect(texts[1]).toEqual(texts[0]);
  expect(texts[0]).toMatchObject({ tokens: text.length, bos: true });
});

/** The engine, but that something happens to what a step gives back. */
function tampered(change: (result: StepResult) => void): Engine {
  return Object.create(model.engine, {
    open: {
      value: (count: number, capacity: number) => {
        const store = model.engine.open(count, capacity);
        const step = store.step.bind(store);
        store.step = async (request) => {
          const result = await step(request);
          change(result);
          return result;
        };
        return store;
      },
    },
  });
}

it('a likelihood that is no number ends the run, with the token that it belongs to', async () => {
  const broken = tampered(({ nll }) => nll.fill(Number.NaN, 3, 4));
  await expect(score(broken, rows.slice(0, 1))).rejects.toMatchObject({
    code: 'ENGINE_FAILED',
    details: { row: 0, token: 3 },
  });
});

it('logits that are no numbers choose no token', async () => {
  const batch = new Batch(
    tampered(({ logits }) => logits.fill(Number.NaN)),
    1,
  );
  const { layers, kvHeads: heads } = model.engine.config;
  const plan = await planCache({ policy: 'full' });
  batch.add(new SequenceCache(plan, await findPolicy(plan.policy), { layers, heads }));
  await expect(batch.step([{ ids: Int32Array.of(5, 6, 7) }])).rejects.toMatchObject({
    code: 'ENGINE_FAILED',
    details: { row: 0, token: 2 },
  });
  batch.dispose();
});
