// What only trained weights can show: that positions mean what they should, that rows and documents keep apart
// over long texts, and that the model behaves as language models do when its sinks go. It reads the project's
// models and a book from ../shared and skips itself where they are absent.
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EMPTY, SequenceCache } from '../src/cache/index.ts';
import { createOrtEngine, type Engine } from '../src/engine/index.ts';
import { Batch } from '../src/generation/batch.ts';
import { type ScoreRow, score } from '../src/generation/score.ts';
import { openTokenizer } from '../src/model/index.ts';
import { preparePacked } from '../src/model/weightsCache.ts';
import { type CacheOptions, findPolicy, planCache } from '../src/policies/index.ts';
import { largestError } from './support/float64Decoder.ts';

const shared = join(import.meta.dirname, '..', '..', 'shared');
const book = join(shared, 'data', 'pg19_test', '10146.txt');
const models = ['books-27m-4k', 'books-27m-16k'];

for (const model of models) {
  const modelFolder = join(shared, 'models', model);
  const missing = [modelFolder, book].find((path) => !existsSync(path));
  const title = missing === undefined ? model : `${model} (skipped: ${missing} is absent)`;

  describe.skipIf(missing !== undefined)(title, () => {
    const cacheBefore = process.env.TREEKV_CACHE;
    let cacheFolder = '';
    let engine: Engine;
    let ids: Int32Array;

    beforeAll(async () => {
      cacheFolder = await mkdtemp(join(tmpdir(), 'treekv-trained-'));
      process.env.TREEKV_CACHE = cacheFolder;
      engine = await createOrtEngine(await preparePacked(modelFolder, 'fp32'), { threads: 2 });
      const tokenizer = await openTokenizer(modelFolder);
      // past the title page and the contents
      ids = tokenizer.withBos(tokenizer.encode(readFileSync(book, 'utf8').slice(20_000, 40_000)));
    });

    afterAll(async () => {
      if (cacheBefore === undefined) delete process.env.TREEKV_CACHE;
      else process.env.TREEKV_CACHE = cacheBefore;
      await engine.dispose();
      await rm(cacheFolder, { recursive: true });
    });

    it('with absolute positions, evicting entries equals masking them in the full cache', async () => {
      const evicting = await batchOf({ policy: 'streaming-llm', budget: 128, positions: 'absolute' });
      const masking = await batchOf({ policy: 'full' });
      const [{ layers }] = masking.sequences;
      let worst = 0;
      for (let t = 0; t < 300; t++) {
        const read = { ids: ids.subarray(t, t + 1) };
        const [expected, actual] = [await masking.step([read]), await evicting.step([read])];
        worst = Math.max(worst, largestError(actual.logits[0], expected.logits[0] ?? []));
        // tokens 4 .. t - 124 are out: 4 sinks and the last 124 stay
        if (t < 128) continue;
        for (const [l, { order }] of layers.entries()) {
          const { bias, capacity } = masking.store.layers[l];
          for (let head = 0; head < order.heads; head++) {
            bias[head * capacity + order.order[head * order.stride + t - 124]] = EMPTY;
          }
        }
      }
      console.log(model, 'a', worst, layers[0].order.count, evicting.sequences[0].layers[0].order.count);
      expect(worst).toBeLessThan(1e-4);
    });

    it('a constant added to all positions changes nothing', async () => {
      for (const policy of ['treekv', 'h2o']) {
        const options: CacheOptions = { policy, budget: 64, positions: 'absolute' };
        const [here, there] = [await batchOf(options), await batchOf(options)];
        there.sequences[0].seen = 1000; // as if 1000 tokens had been read and left no entry
        let worst = 0;
        for (const [from, to] of [[0, 64], ...Array.from({ length: 60 }, (_, i) => [64 + i, 65 + i])]) {
          const read = { ids: ids.subarray(from, to) };
          const [expected, actual] = [await here.step([read]), await there.step([read])];
          worst = Math.max(worst, largestError(actual.logits[0], expected.logits[0] ?? []));
        }
        console.log(model, 'b', policy, worst);
        expect(worst).toBeLessThan(1e-3);
      }
    });

    it('scores a document after another exactly as alone', async () => {
      const options: CacheOptions = { budget: 64 };
      const [first, second] = [await rowOf(options, 0, 200), await rowOf(options, 1000, 1150)];
      const [alone] = (await score(engine, [second])).results;
      await score(engine, [first]);
      const [after] = (await score(engine, [second])).results;
      expect(after.nll).toEqual(alone.nll);
    });

    it('loses its language without sinks', async () => {
      const split = { policy: 'streaming-llm', budget: 256, recent: 252 };
      for (const chunk of [1, 4]) {
      const started = performance.now();
      const rows = [await rowOf({ ...split, sinks: 4, recent: 251 }, 0, 1500), await rowOf({ ...split, sinks: 0, recent: 255 }, 0, 1500)];
      const { results } = await score(engine, rows, { chunk });
      const [withSinks, without] = results.map(({ nll }) => Math.exp(mean(nll)));
      const [withSinksL, withoutL] = results.map(({ nll }) => Math.exp(mean(nll.subarray(512))));
      console.log(model, 'd', chunk, withSinks, without, withSinksL, withoutL, performance.now() - started);
      }
    });

    it('scores a row in a batch as alone', async () => {
      const rows = [
        await rowOf({ budget: 64 }, 0, 300),
        await rowOf({ policy: 'full' }, 500, 700),
        await rowOf({ policy: 'h2o', variant: 'official', budget: 96 }, 900, 1150),
      ];
      const together = (await score(engine, rows)).results;
      for (const [i, row] of rows.entries()) {
        const [alone] = (await score(engine, [row])).results;
        const d = Math.max(...together[i].nll.map((value, t) => Math.abs(value - alone.nll[t])));
        console.log(model, 'e', i, d);
      }
    });

    async function batchOf(options: CacheOptions): Promise<Batch> {
      const plan = await planCache(options);
      const { layers, kvHeads: heads } = engine.config;
      const batch = new Batch(engine, 1);
      batch.add(new SequenceCache(plan, await findPolicy(plan.policy), { layers, heads }));
      return batch;
    }

    /** The tokens from .. to - 1, each scored by the next. */
    async function rowOf(options: CacheOptions, from: number, to: number): Promise<ScoreRow> {
      const plan = await planCache(options);
      return { ids: ids.subarray(from, to), targets: ids.subarray(from + 1, to + 1), plan };
    }
  });
}

function mean(values: Float32Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
