// How many tokens are read at once: long chunks until the budget is exactly full, then the caller's.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SequenceCache } from '../cache/index.ts';
import { type CacheOptions, findPolicy, planCache } from '../policies/index.ts';
import { FILL_CHUNK, nextChunk, nextChunks } from './chunks.ts';

async function cacheOf(options: CacheOptions): Promise<SequenceCache> {
  const plan = await planCache(options);
  return new SequenceCache(plan, await findPolicy(plan.policy), { layers: 1, heads: 1 });
}

/** The chunks in which a text is read. */
function chunksOf(cache: SequenceCache, length: number, chunk: number): number[] {
  const chunks: number[] = [];
  while (cache.seen < length) {
    const next = nextChunk(cache, length - cache.seen, chunk);
    chunks.push(next);
    cache.seen += next;
  }
  return chunks;
}

test('a cache fills in long chunks to exactly its budget, and goes on in chunks of the length asked for', async () => {
  const cache = await cacheOf({ budget: 600 });
  expect(chunksOf(cache, 650, 20)).toEqual([FILL_CHUNK, FILL_CHUNK, 600 - 2 * FILL_CHUNK, 20, 20, 10]);
});

test('a full cache reads in long chunks to the end', async () => {
  expect(chunksOf(await cacheOf({ policy: 'full' }), 600, 1)).toEqual([FILL_CHUNK, FILL_CHUNK, 88]);
});

test('chunks are never empty, add up to the text, and none spans the moment when the budget is full', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 8, max: 900 }),
      fc.integer({ min: 1, max: 2000 }),
      fc.integer({ min: 1, max: 300 }),
      async (budget, length, chunk) => {
        const chunks = chunksOf(await cacheOf({ budget, sinks: 1, recent: 2 }), length, chunk);
        let seen = 0;
        for (const next of chunks) {
          expect(next).toBeGreaterThan(0);
          expect(seen >= budget || seen + next <= budget).toBe(true);
          if (seen >= budget) expect(next).toBeLessThanOrEqual(chunk);
          seen += next;
        }
        expect(seen).toBe(length);
      },
    ),
  );
});

test('rows in common steps evict in the chunks in which they evict alone', async () => {
  const rows = fc.array(
    fc.record({ budget: fc.integer({ min: 8, max: 90 }), length: fc.integer({ min: 1, max: 200 }) }),
    { minLength: 1, maxLength: 5 },
  );
  await fc.assert(
    fc.asyncProperty(
      rows,
      fc.integer({ min: 1, max: 40 }),
      fc.integer({ min: 1, max: 300 }),
      async (...drawn) => {
        const [texts, chunk, longest] = drawn;
        const together = await Promise.all(
          texts.map(({ budget }) => cacheOf({ budget, sinks: 1, recent: 2 })),
        );
        const taken: number[][] = texts.map(() => []);
        for (;;) {
          const active = texts.flatMap(({ length }, row) => (together[row].seen < length ? [row] : []));
          if (active.length === 0) break;
          const caches = active.map((row) => together[row]);
          const remaining = active.map((row) => texts[row].length - together[row].seen);
          for (const [i, count] of nextChunks(caches, remaining, chunk, longest).entries()) {
            expect(count).toBeGreaterThan(0);
            if (caches[i].seen >= texts[active[i]].budget) taken[active[i]].push(count);
            caches[i].seen += count;
          }
        }
        for (const [row, { budget, length }] of texts.entries()) {
          expect(together[row].seen).toBe(length);
          const alone = chunksOf(await cacheOf({ budget, sinks: 1, recent: 2 }), length, chunk);
          const before = (i: number) => alone.slice(0, i).reduce((sum, count) => sum + count, 0);
          const evicting = alone.filter((_, i) => before(i) >= budget);
          expect(taken[row]).toEqual(evicting);
        }
      },
    ),
  );
});

test('rows that fill together take equal steps, no longer than they may', async () => {
  const caches = [await cacheOf({ budget: 600 }), await cacheOf({ policy: 'full' })];
  expect(nextChunks(caches, [700, 300], 1, 1000)).toEqual([FILL_CHUNK, FILL_CHUNK]);
  expect(nextChunks(caches, [700, 300], 1, 100)).toEqual([100, 100]);
  expect(nextChunks(caches, [700, 30], 1, 100)).toEqual([30, 30]);
});
