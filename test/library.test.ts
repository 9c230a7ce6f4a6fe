// The library from outside, on the embedded model: load, generate, stream, stop, abort, score, dispose.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { load, type Model, TreekvError } from 'treekv';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { useTemporaryCache } from './support/temporaryCache.ts';

const root = join(import.meta.dirname, '..');
const prompt = 'The captain opened the letter, and';
const long = 'It was a fine morning, and the boats went out as they always had. '.repeat(110);
let model: Model;

useTemporaryCache();

beforeAll(async () => {
  model = await load();
});

afterAll(() => model.dispose());

it('without an argument the embedded model is loaded, packed as it is', () => {
  expect(model).toMatchObject({
    path: expect.stringMatching(/books-27m-4k$/),
    dtype: 'q8',
    config: { architecture: 'llama', layers: 8, maxPositions: 4096 },
    fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/),
    cache: { policy: 'treekv', budget: 1024, sinks: 4, recent: 508, selected: 512 },
  });
});

it('the pieces of a generation add up to the text of its result', async () => {
  const stream = model.generate(prompt, { max_new_tokens: 25 });
  const pieces: string[] = [];
  for await (const piece of stream) pieces.push(piece);
  const { text } = await stream.result;
  expect(pieces.join('')).toBe(text);
  expect(pieces.length).toBeGreaterThan(10);
  expect(pieces).not.toContain('');
});

it('statistics say what was read, written and kept', async () => {
  const { statistics } = await model.generate(prompt, { max_new_tokens: 12 }).result;
  expect(statistics).toMatchObject({
    cache: model.cache,
    finish_reason: 'length',
    completion_tokens: 12,
    tokensSeen: statistics.prompt_tokens + 12,
    // the last token has not been read, since nothing comes after it
    entriesKept: new Array(8).fill(statistics.prompt_tokens + 11),
  });
  expect(statistics.prompt_tokens).toBeGreaterThan(5);
  for (const measured of ['cacheBytes', 'prefillMs', 'decodeMs', 'tokensPerSecond'] as const) {
    expect(statistics[measured]).toBeGreaterThan(0);
  }
});

it('max_new_tokens 1 writes one token', async () => {
  const { statistics } = await model.generate(prompt, { max_new_tokens: 1 }).result;
  expect(statistics).toMatchObject({ completion_tokens: 1, finish_reason: 'length' });
});

it('a stop text ends the generation before it', async () => {
  const whole = await model.generate(prompt, { max_new_tokens: 30 }).text();
  const stop = whole.slice(20, 24);
  const { text, statistics } = await model.generate(prompt, { max_new_tokens: 30, stop }).result;
  expect(text).toBe(whole.slice(0, whole.indexOf(stop)));
  expect(statistics.finish_reason).toBe('stop');
});

it('a stop text or an end of text that could never be met is refused before anything is read', async () => {
  const session = await model.session();
  await session.append(prompt);
  for (const options of [{ stop: 'x<|end_of_text|>' }, { eos_token_id: model.config.vocabSize }]) {
    await expect(session.generate(options).text()).rejects.toMatchObject({ code: 'BAD_OPTION' });
  }
  const { tokensSeen } = await session.statistics();
  expect((await session.generate({ max_new_tokens: 1 }).result).statistics.tokensSeen).toBe(tokensSeen + 1);
  await session.dispose();
});

it('equal seeds write equal texts, others do not', async () => {
  const write = (seed: number) =>
    model.generate(prompt, { do_sample: true, seed, max_new_tokens: 12 }).text();
  expect(await write(1)).toBe(await write(1));
  expect(await write(1)).not.toBe(await write(2));
});

it('two generations at once are those that come alone', async () => {
  const write = (text: string) => model.generate(text, { max_new_tokens: 20 }).text();
  const alone = [await write(prompt), await write('In the year 1812')];
  expect(await Promise.all([write(prompt), write('In the year 1812')])).toEqual(alone);
});

it('leaving the loop early aborts the generation, and the model stays usable', async () => {
  const stream = model.generate(prompt, { max_new_tokens: 100_000 });
  for await (const _ of stream) break;
  await expect(stream.result).rejects.toMatchObject({ code: 'ABORTED' });
  expect(await model.generate(prompt, { max_new_tokens: 3 }).text()).not.toBe('');
});

it('an abort in decode throws ABORTED where the pieces are read', async () => {
  const controller = new AbortController();
  const read = async () => {
    const options = { max_new_tokens: 100_000, signal: controller.signal };
    for await (const _ of model.generate(prompt, options)) controller.abort();
  };
  await expect(read()).rejects.toMatchObject({ code: 'ABORTED' });
});

it('an abort in the middle of prefill loses nothing: the next call reads the rest', async () => {
  const undisturbed = await model.session();
  await undisturbed.append(long);
  const session = await model.session();
  const signal = AbortSignal.timeout(150);
  const error: unknown = await session.append(long, { signal }).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(TreekvError);
  const { code, details } = error as TreekvError;
  const { tokensSeen, entriesKept } = await session.statistics();
  expect(code).toBe('ABORTED');
  expect(details.unread).toBeGreaterThan(1);
  expect(Number(details.read) + Number(details.unread)).toBe(tokensSeen);
  expect(entriesKept[0]).toBe(Math.min(1024, Number(details.read)));
  const options = { max_new_tokens: 8 };
  expect(await session.generate(options).text()).toBe(await undisturbed.generate(options).text());
});

it('a signal that fired before the call aborts it', async () => {
  const signal = AbortSignal.abort();
  await expect(model.generate(long, { signal }).text()).rejects.toMatchObject({ code: 'ABORTED' });
  await expect(model.perplexity(long, { signal })).rejects.toMatchObject({ code: 'ABORTED' });
});

it('unknown and inapplicable options are refused by every call', async () => {
  const bad = { code: 'BAD_OPTION' };
  const wrong = { max_tokens: 5 } as object;
  expect(() => model.generate(prompt, wrong)).toThrow(expect.objectContaining(bad));
  expect(() => model.generate(prompt, { temperature: 0.5 })).toThrow(expect.objectContaining(bad));
  await expect(load(undefined, wrong)).rejects.toMatchObject(bad);
  await expect(model.session(wrong)).rejects.toMatchObject(bad);
  await expect(model.perplexity(prompt, wrong)).rejects.toMatchObject(bad);
  const idle = { cache: { policy: 'full' }, chunk: 4 };
  await expect(model.perplexity(prompt, idle)).rejects.toMatchObject({
    ...bad,
    details: { option: 'chunk' },
  });
  await expect(model.session({ prefill_chunk_size: 0 })).rejects.toMatchObject(bad);
  await expect(model.session({ cache: { policy: 'full', budget: 9 } })).rejects.toMatchObject(bad);
  for (const threads of [0.5, 257, 1e6])
    await expect(load(undefined, { threads })).rejects.toMatchObject(bad);
  await expect(model.perplexity(prompt, { chunk: 4097 })).rejects.toMatchObject(bad);
});

it('a cache named in a call replaces that of load whole', async () => {
  const cache = { policy: 'streaming-llm', budget: 32 };
  const { statistics } = await model.generate(prompt, { cache, max_new_tokens: 2 }).result;
  expect(statistics.cache).toMatchObject({ policy: 'streaming-llm', budget: 32, sinks: 4, recent: 12 });
});

it('a policy of the user’s own works through the worker, named by path', async () => {
  const cache = { policy: './test/fixtures/everyKth.mjs', budget: 24 };
  const { text, statistics } = await model.generate(long.slice(0, 600), { cache, max_new_tokens: 10 }).result;
  expect(text).not.toBe('');
  expect(statistics.cache.policy).toMatch(/^file:.*everyKth\.mjs$/);
  expect(statistics.entriesKept).toEqual(new Array(8).fill(24));
});

it('perplexity has its limit, its mean and its card', async () => {
  const result = await model.perplexity(long, { cache: { budget: 64 }, limit: 100, chunk: 4 });
  expect(result).toMatchObject({ tokens: 100, cache: { budget: 64 }, entriesVisible: 68 });
  expect(result.perplexity).toBeCloseTo(Math.exp(result.nll), 10);
});

describe('the process', () => {
  const run = async (script: string) =>
    promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script], {
      cwd: root,
      timeout: 60_000,
    });

  it('ends by itself though nothing was disposed', async () => {
    const { stdout, stderr } = await run(`
      import { load } from 'treekv';
      const model = await load();
      const session = await model.session();
      await session.append('Once');
      for await (const piece of session.generate({ max_new_tokens: 3 })) process.stdout.write(piece);`);
    expect(stdout).not.toBe('');
    expect(stderr).toBe('');
  });

  it('outlives a generation whose result nobody reads and that fails', async () => {
    const { stdout } = await run(`
      import { load } from 'treekv';
      const model = await load();
      model.generate('');
      console.log(await model.generate('Once', { max_new_tokens: 2 }).text());`);
    expect(stdout).not.toBe('');
  });
});

describe('a disposed model', () => {
  it('is DISPOSED to calls under way and to later ones, and may be disposed again', async () => {
    const other = await load();
    const session = await other.session();
    const pending = other.generate(prompt, { max_new_tokens: 100_000 }).text();
    const failing = expect(pending).rejects.toMatchObject({ code: 'DISPOSED' });
    await other.dispose();
    await failing;
    await expect(session.append('More.')).rejects.toMatchObject({ code: 'DISPOSED' });
    await expect(other.generate(prompt).text()).rejects.toMatchObject({ code: 'DISPOSED' });
    await expect(other.session()).rejects.toMatchObject({ code: 'DISPOSED' });
    await expect(other.perplexity(prompt)).rejects.toMatchObject({ code: 'DISPOSED' });
    await other.dispose();
  });
});
