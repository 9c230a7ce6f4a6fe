// Sessions under every policy: alone or beside others, forked, saved and restored, fed in pieces, a text comes
// out the same. On a small random model in fp32, sampling with a seed, so that any difference in the numbers
// soon shows in the text. Damaged and foreign snapshots are in snapshot.test.ts.
import { join } from 'node:path';
import { type CacheOptions, type GenerateOptions, load, type Model, type Session } from 'treekv';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { useTemporaryCache } from './support/temporaryCache.ts';
import { writeTinyFolder } from './support/tinyFolder.ts';

const BUDGET = 24;
const split = { budget: BUDGET, sinks: 2, recent: 6 };
const caches: readonly CacheOptions[] = [
  { policy: 'full' },
  ...['treekv', 'streaming-llm', 'h2o', 'tova', 'random'].map((policy) => ({ policy, ...split })),
  { policy: 'treekv', rule: 'printed', positions: 'absolute', ...split },
  { policy: 'treekv', choice: 'keep-left', ...split },
  { policy: 'treekv', score: 'sum', ...split },
  { policy: 'treekv', score: 'last', ...split },
  { policy: 'h2o', variant: 'official', budget: BUDGET },
  { policy: 'tova', variant: 'official', budget: BUDGET },
  { policy: 'streaming-llm', variant: 'official', budget: BUDGET },
  { policy: './test/fixtures/everyKth.mjs', budget: BUDGET },
];
const prompt = 'The keeper climbed the stairs of the lighthouse, counting them as he had every night.';
const other = 'Nobody remembered who had planted the orchard; it simply was there, in rows, and bore.';
const sampled: GenerateOptions = { do_sample: true, top_k: 0, seed: 5, max_new_tokens: 40 };

const place = useTemporaryCache();
let folder = '';
let model: Model;

beforeAll(async () => {
  folder = await writeTinyFolder(join(place.folder, 'model'));
  model = await load(folder, { dtype: 'fp32', threads: 1 });
});

afterAll(() => model.dispose());

describe.each(caches.map((cache) => ({ name: Object.values(cache).join(' '), cache })))(
  '$name',
  ({ cache }) => {
    // a cache that evicts nothing takes no length of chunks
    const chunked = (prefill_chunk_size: number) => (cache.policy === 'full' ? {} : { prefill_chunk_size });
    const open = () => model.session({ cache, ...chunked(5) });
    const having = async (text: string): Promise<Session> => {
      const session = await open();
      await session.append(text);
      return session;
    };

    it('two sessions at once each give the text that they give alone', async () => {
      const write = async (text: string) => (await having(text)).generate(sampled).text();
      const alone = [await write(prompt), await write(other)];
      const together = await Promise.all([write(prompt), write(other)]);
      expect(together).toEqual(alone);
      expect(alone[0]).not.toBe(alone[1]);
    });

    it('a fork and its parent go on alike with one seed', async () => {
      const parent = await having(prompt);
      await parent.generate(sampled).text();
      const fork = await parent.fork();
      const [a, b] = await Promise.all([parent, fork].map((session) => session.generate(sampled).text()));
      expect(b).toBe(a);
      expect(await fork.statistics()).toEqual(await parent.statistics());
    });

    it('what a fork reads and writes leaves its parent alone', async () => {
      const [disturbed, undisturbed] = [await having(prompt), await having(prompt)];
      const fork = await disturbed.fork();
      await fork.append(other);
      await fork.generate({ ...sampled, seed: 6 }).text();
      await fork.dispose();
      expect(await disturbed.generate(sampled).text()).toBe(await undisturbed.generate(sampled).text());
    });

    it('a snapshot restored in another instance of the model goes on exactly, its random stream included', async () => {
      const session = await having(prompt);
      await session.generate(sampled).text();
      const snapshot = await session.snapshot();
      const again = await load(folder, { dtype: 'fp32', threads: 1 });
      try {
        const restored = await again.session({ snapshot });
        expect(await restored.statistics()).toEqual(await session.statistics());
        const unseeded = { ...sampled, seed: undefined };
        for (let i = 0; i < 2; i++) {
          expect(await restored.generate(unseeded).text()).toBe(await session.generate(unseeded).text());
        }
      } finally {
        await again.dispose();
      }
    });

    it('a text in pieces is the text at once', async () => {
      const write = async (pieces: readonly string[]) => {
        const session = await model.session({ cache, ...chunked(1) });
        for (const piece of pieces) await session.append(piece);
        return session.generate(sampled).text();
      };
      const atOnce = await write([prompt]);
      expect(await write([prompt.slice(0, 1), prompt.slice(1, 30), prompt.slice(30)])).toBe(atOnce);
    });

    it('model.generate is a session that reads and writes', async () => {
      const options = { ...sampled, cache, ...chunked(5) };
      expect(await model.generate(prompt, options).text()).toBe(
        await (await having(prompt)).generate(sampled).text(),
      );
    });

    it('keeps exactly the budget, in the same bytes, however long the text', async () => {
      const session = await open();
      const first = await session.append(prompt);
      await session.append(other.repeat(3));
      const { statistics } = await session.generate(sampled).result;
      const seen = 1 + prompt.length + 3 * other.length;
      expect(statistics.tokensSeen).toBe(seen + 40);
      // the last token of each waits to be read
      if (cache.policy === 'full') {
        expect(first.entriesKept).toEqual([prompt.length, prompt.length]);
        expect(statistics.entriesKept).toEqual([seen + 39, seen + 39]);
      } else {
        expect(first.entriesKept).toEqual([BUDGET, BUDGET]);
        expect(statistics.entriesKept).toEqual([BUDGET, BUDGET]);
        expect(statistics.cacheBytes).toBe(first.cacheBytes);
      }
    });
  },
);

it('calls of one session wait for each other', async () => {
  const session = await model.session({ cache: split });
  const [, text, statistics] = await Promise.all([
    session.append(prompt),
    session.generate(sampled).text(),
    session.statistics(),
  ]);
  expect(text).toBe(await model.generate(prompt, { ...sampled, cache: split }).text());
  expect(statistics.tokensSeen).toBe(1 + prompt.length + 40);
});

it('a seed begins the random stream anew, and without one it goes on', async () => {
  const session = await model.session({ cache: { policy: 'full' } });
  await session.append(prompt);
  const fork = await session.fork();
  const short = { ...sampled, max_new_tokens: 20 };
  const halves = [
    await session.generate(short).text(),
    await session.generate({ ...short, seed: undefined }).text(),
  ];
  expect(halves.join('')).toBe(await fork.generate(sampled).text());
});

it('nothing to continue is EMPTY_INPUT', async () => {
  const session = await model.session();
  await expect(session.generate().text()).rejects.toMatchObject({ code: 'EMPTY_INPUT' });
  await expect(session.append('')).rejects.toMatchObject({ code: 'EMPTY_INPUT' });
});

it('a disposed session is DISPOSED, for calls on their way too, and the model stays usable', async () => {
  const session = await model.session();
  await session.append(prompt);
  const disposing = session.dispose();
  await expect(session.append(prompt)).rejects.toMatchObject({ code: 'DISPOSED' });
  await disposing;
  await expect(session.generate(sampled).text()).rejects.toMatchObject({ code: 'DISPOSED' });
  await expect(session.fork()).rejects.toMatchObject({ code: 'DISPOSED' });
  expect(await model.generate(prompt, sampled).text()).toHaveLength(40);
});
