// A batch over the fake engine: each row reads as it would alone, whoever comes and goes beside it. Numbers against
// the reference, and real engines, are test/engineReference.test.ts's business.
import { describe, expect, it, test } from 'vitest';
import { SequenceCache } from '../cache/index.ts';
import { fakeEngine } from '../engine/fake/fakeEngine.testing.ts';
import { largestError } from '../engine/fake/float64Decoder.testing.ts';
import type { Engine, StepResult } from '../engine/index.ts';
import { type CacheOptions, findPolicy, planCache } from '../policies/index.ts';
import { Batch } from './batch.ts';

const { engine } = fakeEngine();
const small: CacheOptions = { budget: 8, sinks: 1, recent: 3 };
const ids = (from: number, to: number) =>
  Int32Array.from({ length: to - from }, (_, i) => (7 * (from + i)) % 96);

async function cacheOf(options: CacheOptions = small, on: Engine = engine): Promise<SequenceCache> {
  const { layers, kvHeads: heads } = on.config;
  const plan = await planCache(options);
  return new SequenceCache(plan, await findPolicy(plan.policy), { layers, heads });
}

/** Reads a text alone, in chunks of these lengths; the logits after each, and the tokens kept. */
async function alone(options: CacheOptions, start: number, chunks: readonly number[]) {
  const batch = new Batch(engine, 1);
  const cache = await cacheOf(options);
  batch.add(cache);
  const logits: Float32Array[] = [];
  for (const length of chunks) {
    const from = start + cache.seen;
    logits.push((await batch.step([{ ids: ids(from, from + length) }])).logits[0] ?? new Float32Array(0));
  }
  return { logits, kept: kept(cache) };
}

function kept(cache: SequenceCache): Int32Array[] {
  return cache.layers.map(({ order }) => order.state().tokens);
}

test('rows of unequal length, budget and policy read as alone', async () => {
  const plans: CacheOptions[] = [
    small,
    { policy: 'h2o', budget: 6, sinks: 1, recent: 2 },
    { policy: 'full' },
  ];
  const lengths = [
    [5, 1, 3, 1],
    [2, 4, 1, 1],
    [1, 1, 5, 2],
  ];
  const batch = new Batch(engine, 3);
  for (const options of plans) batch.add(await cacheOf(options));
  for (let step = 0; step < 4; step++) {
    const inputs = lengths.map((own, row) => {
      const from = 30 * row + batch.sequences[row].seen;
      return { ids: ids(from, from + own[step]) };
    });
    const { logits } = await batch.step(inputs);
    for (const [row, options] of plans.entries()) {
      const expected = await alone(options, 30 * row, lengths[row].slice(0, step + 1));
      expect(largestError(logits[row], expected.logits[step])).toBeLessThan(1e-6);
      expect(kept(batch.sequences[row])).toEqual(expected.kept);
    }
  }
});

test('a sequence that joins where another has left sees nothing of it', async () => {
  const batch = new Batch(engine, 2);
  batch.add(await cacheOf());
  batch.add(await cacheOf());
  await batch.step([{ ids: ids(0, 5) }, { ids: ids(40, 45) }]);
  batch.remove(0);
  const stays = await batch.step([{ ids: ids(45, 46) }]);
  expect(largestError(stays.logits[0], (await alone(small, 40, [5, 1])).logits[1])).toBeLessThan(1e-6);
  batch.add(await cacheOf());
  const { logits } = await batch.step([{ ids: ids(46, 47) }, { ids: ids(60, 63) }]);
  expect(largestError(logits[0], (await alone(small, 40, [5, 1, 1])).logits[2])).toBeLessThan(1e-6);
  expect(largestError(logits[1], (await alone(small, 60, [3])).logits[0])).toBeLessThan(1e-6);
});

test('a sequence goes on in another batch from its state and entries', async () => {
  const batch = new Batch(engine, 1);
  batch.add(await cacheOf());
  await batch.step([{ ids: ids(0, 8) }]);
  const copy = new Batch(engine, 1);
  const cache = await cacheOf();
  cache.restore(batch.sequences[0].state());
  await copy.adopt(cache, await batch.entries(0));
  const next = [{ ids: ids(8, 10) }];
  const [expected, actual] = [await batch.step(next), await copy.step(next)];
  // entries come out as float32
  expect(largestError(actual.logits[0], expected.logits[0] ?? [])).toBeLessThan(1e-5);
});

describe('a step that gives no numbers', () => {
  /** The engine, whose results `change` spoils. */
  function spoiled(change: (result: StepResult) => void): Engine {
    const open: Engine['open'] = (rows, capacity) => {
      const store = engine.open(rows, capacity);
      const step = store.step.bind(store);
      store.step = async (request) => {
        const result = await step(request);
        change(result);
        return result;
      };
      return store;
    };
    return {
      config: engine.config,
      capabilities: engine.capabilities,
      open,
      dispose: () => engine.dispose(),
    };
  }

  it('leaves the row as it was, and the batch goes on', async () => {
    let broken = true;
    const batch = new Batch(
      spoiled(({ logits }) => {
        if (broken) logits.fill(Number.NaN);
      }),
      1,
    );
    batch.add(await cacheOf());
    await expect(batch.step([{ ids: ids(0, 6) }])).rejects.toMatchObject({ code: 'ENGINE_FAILED' });
    expect(batch.sequences[0].seen).toBe(0);
    broken = false;
    const { logits } = await batch.step([{ ids: ids(0, 6) }]);
    expect(largestError(logits[0], (await alone(small, 0, [6])).logits[0])).toBeLessThan(1e-6);
  });
});

test('a policy that fails in one row and layer leaves no row half decided: none of them goes on', async () => {
  const { layers, kvHeads: heads } = engine.config;
  const plan = await planCache(small);
  const definition = await findPolicy(plan.policy);
  const failing = new SequenceCache(
    plan,
    {
      create(own, shape) {
        const policy = definition.create(own, shape);
        const step: typeof policy.step = (view, evicted) => {
          if (shape.layer === layers - 1 && evicted.length > 0) throw new Error('no idea');
          policy.step(view, evicted);
        };
        return { ...policy, step };
      },
    },
    { layers, heads },
  );
  const batch = new Batch(engine, 2);
  const other = await cacheOf();
  batch.add(other);
  batch.add(failing);
  const step = (from: number) => batch.step([{ ids: ids(from, from + 4) }, { ids: ids(from, from + 4) }]);
  await step(0);
  await step(4);
  await expect(step(8)).rejects.toThrow('no idea');
  expect([other.seen, failing.seen]).toEqual([8, 8]);
  for (const cache of [other, failing]) expect(() => cache.state()).toThrow('no idea');
  await expect(step(8)).rejects.toThrow('no idea');
});

describe('what an engine cannot take at once is refused by number', () => {
  it('rows', () => {
    const narrow = fakeEngine({}, { mostRows: 2 });
    expect(() => new Batch(narrow.engine, 3)).toThrow(/at most 2 rows, not 3/);
  });

  it('tokens of a step, before anything is staged', async () => {
    const narrow = fakeEngine({}, { mostTokens: 4 });
    const batch = new Batch(narrow.engine, 1);
    batch.add(await cacheOf(small, narrow.engine));
    await expect(batch.step([{ ids: ids(0, 5) }])).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      details: { most: 4 },
    });
    expect((await batch.step([{ ids: ids(0, 4) }])).logits[0]).toHaveLength(96);
  });
});

test('a layer gets slots as it fills, and never more than its budget', async () => {
  const batch = new Batch(engine, 1);
  const cache = await cacheOf();
  batch.add(cache);
  for (const end of [3, 8, 9, 12]) {
    await batch.step([{ ids: ids(cache.seen, end) }]);
    expect(batch.store.capacity(0)).toBe(8);
    expect(cache.layers[0].order.count).toBe(Math.min(8, end));
  }
});
