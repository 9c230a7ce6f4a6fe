// A model with a sliding window runs only where the window changes nothing.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SequenceCache } from '../cache/index.ts';
import { type CacheOptions, type CachePlan, findPolicy, planCache } from '../policies/index.ts';
import { nextChunk } from './chunks.ts';
import { type Reading, requireRunInWindow, requireStepInWindow } from './slidingWindow.ts';

const options = fc.oneof(
  fc.constant<CacheOptions>({ policy: 'full' }),
  fc.record({
    budget: fc.integer({ min: 4, max: 300 }),
    sinks: fc.constant(1),
    recent: fc.constant(2),
    positions: fc.constantFrom('by-place' as const, 'absolute' as const),
  }),
);

/** Whether a run is refused at its start. */
function refusedAtStart(window: number | null, plan: CachePlan, reading: Reading): boolean {
  return throws(() => requireRunInWindow(window, plan, reading));
}

/** Whether a step of it is refused. */
async function refusedOnTheWay(
  window: number | null,
  plan: CachePlan,
  { chunk, tokens = 0 }: Reading,
): Promise<boolean> {
  const cache = new SequenceCache(plan, await findPolicy(plan.policy), { layers: 1, heads: 1 });
  while (cache.seen < tokens) {
    const next = nextChunk(cache, tokens - cache.seen, chunk);
    if (throws(() => requireStepInWindow(window, cache, next))) return true;
    cache.layers[0].order.count = cache.entriesAfter(0, next);
    cache.seen += next;
  }
  return false;
}

function throws(call: () => void): boolean {
  try {
    call();
    return false;
  } catch (error) {
    expect(error).toMatchObject({ code: 'UNSUPPORTED' });
    return true;
  }
}

test('a run whose length is known is refused at its start if, and only if, a step of it would be', async () => {
  await fc.assert(
    fc.asyncProperty(
      options,
      fc.integer({ min: 1, max: 400 }),
      fc.integer({ min: 1, max: 60 }),
      fc.integer({ min: 1, max: 700 }),
      async (asked, window, chunk, tokens) => {
        const plan = await planCache(asked);
        const reading = { chunk, tokens };
        expect(refusedAtStart(window, plan, reading)).toBe(await refusedOnTheWay(window, plan, reading));
      },
    ),
  );
});

test('a session that is let in is refused no step, unless it keeps everything', async () => {
  await fc.assert(
    fc.asyncProperty(
      options,
      fc.integer({ min: 1, max: 400 }),
      fc.integer({ min: 1, max: 60 }),
      async (asked, window, chunk) => {
        const plan = await planCache(asked);
        if (refusedAtStart(window, plan, { chunk })) return;
        const refused = await refusedOnTheWay(window, plan, { chunk, tokens: 1000 });
        expect(refused).toBe(plan.policy === 'full');
      },
    ),
  );
});

test('a model without a window is refused nothing', async () => {
  for (const asked of [{ policy: 'full' }, { budget: 5000 }, { positions: 'absolute' }] as const) {
    const plan = await planCache(asked);
    expect(refusedAtStart(null, plan, { chunk: 256 })).toBe(false);
    expect(await refusedOnTheWay(null, plan, { chunk: 256, tokens: 6000 })).toBe(false);
  }
});

test('budget and chunk together may fill the window, and no more', async () => {
  const plan = await planCache({ budget: 48, recent: 8 });
  expect(refusedAtStart(64, plan, { chunk: 16 })).toBe(false);
  expect(refusedAtStart(64, plan, { chunk: 17 })).toBe(true);
  expect(refusedAtStart(64, plan, { chunk: 17, tokens: 64 })).toBe(false); // it never comes to that
});

test.each<[string, CacheOptions, Reading, RegExp[]]>([
  ['budget', { budget: 1024 }, { chunk: 64 }, [/1088 positions/, /budget 1024 \+ 64/, /budget to 936/]],
  ['chunk', { budget: 64, recent: 8 }, { chunk: 1000 }, [/1064 positions/, /chunks of fewer than 1000/]],
  ['text', { policy: 'full' }, { chunk: 1, tokens: 1200 }, [/1200 positions/, /whole text/, /below 1000/]],
  ['positions', { positions: 'absolute' }, { chunk: 1 }, [/any number of positions/, /'by-place'/]],
  ['variant', { policy: 'tova', variant: 'official' }, { chunk: 1 }, [/absolute/, /variant 'paper'/]],
])('a refusal names the %s, the numbers and the way out', async (_, asked, reading, messages) => {
  const plan = await planCache(asked);
  for (const message of [/looks back over 1000 positions/, ...messages]) {
    expect(() => requireRunInWindow(1000, plan, reading)).toThrow(message);
  }
});
