// Sessions that read prompts with full attention and compress them: what they report, forks and snapshots,
// aborts, questions inside and behind the compression, and what is refused. On a small random model; that the
// numbers are right is prefillReference.test.ts's.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type CacheOptions, type GenerateOptions, load, type Model, type PrefillOptions } from 'treekv';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine, KvStore } from '../src/engine/index.ts';
import { planGeneration } from '../src/generation/generateOptions.ts';
import { type LocalModel, loadLocalModel } from '../src/generation/localModel.ts';
import { LocalSession } from '../src/generation/localSession.ts';
import { planSession, presetSession } from '../src/generation/sessionPlan.ts';
import { useTemporaryCache } from './support/temporaryCache.ts';
import { writeTinyFolder } from './support/tinyFolder.ts';

const BUDGET = 32;
const split = { budget: BUDGET, sinks: 2, recent: 6 };
const observed = { mode: 'full', window: 8, kernel: 3 } as const;
const forms: readonly [string, PrefillOptions, CacheOptions][] = [
  ['treekv', { mode: 'full', block: 4 }, split],
  ['snapkv', { ...observed, method: 'snapkv' }, { policy: 'h2o', ...split }],
  ['pyramidkv', { ...observed, method: 'pyramidkv' }, { policy: 'h2o', ...split }],
  ['h2o', { mode: 'full' }, { policy: 'h2o', ...split }],
  ['tova official', { mode: 'full' }, { policy: 'tova', variant: 'official', budget: BUDGET }],
  ['streaming-llm', { mode: 'full' }, { policy: 'streaming-llm', ...split }],
];
const prompt =
  'The keeper climbed the stairs of the lighthouse, counting them as he had every night. '.repeat(5);
const question = 'How many stairs were there?';
const sampled: GenerateOptions = { do_sample: true, top_k: 0, seed: 5, max_new_tokens: 40 };
const neverAborted = () => new AbortController().signal;

const place = useTemporaryCache();
let folder = '';
let model: Model;

beforeAll(async () => {
  folder = await writeTinyFolder(join(place.folder, 'model'), { layers: 3 });
  model = await load(folder, { dtype: 'fp32', threads: 1 });
});

afterAll(() => model.dispose());

describe.each(forms)('%s', (name, prefill, cache) => {
  it('reports the plan, and a peak that holds the whole prompt beside what stays of it', async () => {
    const { statistics } = await model.generate(prompt, { ...sampled, cache, prefill }).result;
    const { kvHeads, headDim, layers } = model.config;
    const whole = (prompt.length + 1) * kvHeads * headDim * 2 * 4 * layers;
    expect(statistics).toMatchObject({
      prefill: { mode: 'full', budget: BUDGET },
      prompt_tokens: prompt.length + 1,
      tokensSeen: prompt.length + 41,
      query: null,
    });
    expect(statistics.peakCacheBytes).toBeGreaterThan(whole);
    expect(statistics.meanCacheBytes).toBeGreaterThan(statistics.cacheBytes);
    expect(statistics.meanCacheBytes).toBeLessThan(statistics.peakCacheBytes);
    expect(statistics.peakRssBytes).toBeGreaterThan(statistics.peakCacheBytes);
    if (name !== 'pyramidkv') expect(statistics.entriesKept).toEqual([BUDGET, BUDGET, BUDGET]);
    const mean = statistics.entriesKept.reduce((sum, count) => sum + count) / layers;
    expect(mean).toBeGreaterThanOrEqual(BUDGET);
    expect(mean).toBeLessThan(BUDGET + 1);
  });

  it('a fork and a snapshot go on exactly, in a second prompt too', async () => {
    const session = await model.session({ cache, prefill });
    await session.append(prompt);
    const [fork, restored] = [
      await session.fork(),
      await model.session({ snapshot: await session.snapshot() }),
    ];
    const texts = await Promise.all(
      [session, fork, restored].map(async (one) => {
        const first = await one.generate(sampled).text();
        await one.append(prompt);
        return first + (await one.generate(sampled).text());
      }),
    );
    expect(texts[1]).toBe(texts[0]);
    expect(texts[2]).toBe(texts[0]);
    expect(await restored.statistics()).toEqual(await session.statistics());
  });

  it('with room for the prompt it writes what full attention writes', async () => {
    const { budget: _, ...rest } = cache;
    const roomy = { ...rest, budget: 2 * prompt.length };
    const expected = await model.generate(prompt, { ...sampled, cache: { policy: 'full' } }).text();
    expect(await model.generate(prompt, { ...sampled, cache: roomy, prefill }).text()).toBe(expected);
  });
});

it('method full with policy full reads as the policy does by itself', async () => {
  const options = { ...sampled, cache: { policy: 'full' } };
  const prefill = { mode: 'full' } as const;
  const { text, statistics } = await model.generate(prompt, { ...options, prefill }).result;
  expect(text).toBe(await model.generate(prompt, options).text());
  expect(statistics.prefill).toMatchObject({ mode: 'full', method: 'full', budget: null });
});

it('in chunks the peak is what the cache holds at the end', async () => {
  const { statistics } = await model.generate(prompt, { ...sampled, cache: split }).result;
  expect(statistics.prefill).toEqual({ mode: 'chunked' });
  expect(statistics.peakCacheBytes).toBe(statistics.cacheBytes);
  expect(statistics.meanCacheBytes).toBeLessThanOrEqual(statistics.peakCacheBytes);
});

it('append reports the memory of its own run', async () => {
  const session = await model.session({ cache: split, prefill: { mode: 'full' } });
  const first = await session.append(prompt);
  const second = await session.append('Short.');
  expect(second.peakCacheBytes).toBeLessThan(first.peakCacheBytes);
});

describe('a question', () => {
  const options = { ...sampled, cache: split, prefill: { mode: 'full' } as const, question };

  it('is aware or agnostic as asked, and the result says which', async () => {
    const aware = await model.generate(prompt, options).result;
    const agnostic = await model.generate(prompt, { ...options, query: 'agnostic' }).result;
    expect(aware.statistics.query).toBe('aware');
    expect(agnostic.statistics.query).toBe('agnostic');
    expect(agnostic.text).not.toBe(aware.text);
    for (const { statistics } of [aware, agnostic]) {
      expect(statistics.prompt_tokens).toBe(1 + prompt.length + question.length);
      expect(statistics.tokensSeen).toBe(1 + prompt.length + question.length + 40);
    }
  });

  it('inside the prompt is a part of it', async () => {
    const { question: _, ...alone } = options;
    expect(await model.generate(prompt, options).text()).toBe(
      await model.generate(prompt + question, alone).text(),
    );
  });

  it('in a session lies behind the compression if it is appended in chunks', async () => {
    const local = await loadLocalModel(folder, { dtype: 'fp32', threads: 1 });
    const session = await sessionOf(local);
    const context = await session.append(prompt, neverAborted());
    const behind = await session.append(question, neverAborted(), { mode: 'chunked' });
    expect(behind.peakCacheBytes).toBe(behind.cacheBytes);
    expect(context.peakCacheBytes).toBeGreaterThan(2 * behind.peakCacheBytes);
    await local.engine.dispose();
  });

  it('has no query option in chunks', async () => {
    const chunked = { ...sampled, cache: split, question, query: 'aware' as const };
    await expect(model.generate(prompt, chunked).text()).rejects.toMatchObject({ code: 'BAD_OPTION' });
    const { query: _, ...plain } = chunked;
    const { statistics } = await model.generate(prompt, plain).result;
    expect(statistics.query).toBeNull();
  });
});

describe('an abort while a prompt is read', () => {
  it('leaves the session as it was, and the next call reads the whole prompt', async () => {
    const local = await loadLocalModel(folder, { dtype: 'fp32', threads: 1 });
    const controller = new AbortController();
    let steps = 0;
    const engine = beforeEachStep(local.engine, () => {
      if (++steps === 2) controller.abort();
    });
    const [aborted, whole] = [await sessionOf({ ...local, engine }), await sessionOf(local)];
    await expect(aborted.append(prompt, controller.signal)).rejects.toMatchObject({
      code: 'ABORTED',
      details: { read: 0, unread: 1 + prompt.length },
    });
    expect(aborted.statistics()).toMatchObject({ tokensSeen: 1 + prompt.length, cacheBytes: 0 });
    const plan = planGeneration(sampled);
    const pieces: string[] = [];
    await whole.generate(plan, { text: prompt, rendered: false }, neverAborted(), (piece) =>
      pieces.push(piece),
    );
    const again: string[] = [];
    await aborted.generate(plan, undefined, neverAborted(), (piece) => again.push(piece));
    expect(again.join('')).toBe(pieces.join(''));
    await local.engine.dispose();
  });

  it('leaves what an earlier turn has left, and a fork of it is as small', async () => {
    const local = await loadLocalModel(folder, { dtype: 'fp32', threads: 1 });
    const session = await sessionOf(local);
    await session.append(prompt, neverAborted());
    const before = session.statistics();
    await expect(session.append(prompt, AbortSignal.abort())).rejects.toMatchObject({ code: 'ABORTED' });
    expect(session.statistics()).toEqual({ ...before, tokensSeen: before.tokensSeen + prompt.length });
    expect((await session.state()).unread).toHaveLength(1 + prompt.length);
    await local.engine.dispose();
  });
});

describe('refused', () => {
  it.each<[string, object, string]>([
    ['an unknown key', { mode: 'full', blok: 4 }, 'blok'],
    ['an unknown mode', { mode: 'ful' }, 'ful'],
    ['an option of another method', { mode: 'full', method: 'h2o', block: 4 }, 'block'],
    ['an option of the other mode', { mode: 'chunked', window: 4 }, 'window'],
    ['a method that keeps all, with a budget', { mode: 'full', method: 'full' }, 'full'],
  ])('%s', async (_, prefill, word) => {
    const refusal = { code: 'BAD_OPTION', message: expect.stringContaining(word) };
    const given = { cache: split, prefill: prefill as PrefillOptions };
    await expect(model.session(given)).rejects.toMatchObject(refusal);
    await expect(model.generate(prompt, given).text()).rejects.toMatchObject(refusal);
    await expect(load(folder, given)).rejects.toMatchObject(refusal);
  });

  it('options of append', async () => {
    const session = await model.session({ cache: split });
    const unknown = { prefil: { mode: 'full' } } as object;
    await expect(session.append(prompt, unknown)).rejects.toMatchObject({ code: 'BAD_OPTION' });
    const wrong = { prefill: { mode: 'chunked', block: 2 } } as const;
    await expect(session.append(prompt, wrong)).rejects.toMatchObject({ code: 'BAD_OPTION' });
    expect((await session.statistics()).tokensSeen).toBe(0);
  });

  it('a prompt longer than the model’s sliding window, which then does not wait', async () => {
    const windowed = await writeTinyFolder(join(place.folder, 'windowed'), {
      ...{ architecture: 'mistral', config: { sliding_window: 64 } },
    });
    const other = await load(windowed, { dtype: 'fp32', threads: 1 });
    const session = await other.session({ cache: split, prefill: { mode: 'full' }, prefill_chunk_size: 8 });
    await expect(session.append(prompt)).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      message: expect.stringContaining("mode 'chunked'"),
    });
    const { tokensSeen } = await session.append('A shorter one.');
    expect(tokensSeen).toBe(1 + 'A shorter one.'.length);
    await other.dispose();
  });
});

it('the command line passes its flags on', async () => {
  const main = join(import.meta.dirname, '..', 'dist', 'cli', 'main.js');
  const flags = [
    ...['--prefill', 'full', '--prefill-method', 'snapkv', '--prefill-window', '8', '--prefill-kernel', '3'],
    ...['--prefill-pooling', 'avg', '--budget', '32', '--max-new-tokens', '4', '--dtype', 'fp32', '--json'],
  ];
  const { stdout } = await promisify(execFile)(process.execPath, [
    main,
    'generate',
    prompt,
    '-m',
    folder,
    ...flags,
  ]);
  expect(JSON.parse(stdout).statistics.prefill).toMatchObject({
    ...{ mode: 'full', method: 'snapkv', window: 8, kernel: 3, pooling: 'avg', budget: 32 },
  });
});

async function sessionOf(local: LocalModel): Promise<LocalSession> {
  const preset = await presetSession({ cache: split, prefill: { mode: 'full', block: 4 } });
  return LocalSession.create(local, await planSession({}, preset));
}

/** The engine, with something done before each step. */
function beforeEachStep(engine: Engine, act: () => void): Engine {
  const open: Engine['open'] = (rows, capacity) => {
    const store = engine.open(rows, capacity);
    const step: KvStore['step'] = (request) => {
      act();
      return store.step(request);
    };
    return new Proxy(store, {
      get(target, name) {
        if (name === 'step') return step;
        const value = Reflect.get(target, name, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  };
  return new Proxy(engine, {
    get: (target, name) => (name === 'open' ? open : Reflect.get(target, name, target)),
  });
}
