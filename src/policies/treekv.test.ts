import { expect, test } from 'vitest';
import type { Asks, CacheOptions } from './policy.ts';
import { readFloats } from './policyState.ts';
import { type Attention, keptAfter, simulatedCache } from './simulate.testing.ts';
import { treekv } from './treekv.ts';

const equal: Attention = (_head, _query, tokens) => tokens.map(() => 1);

test('a tie evicts the older', () => {
  const options: CacheOptions = { budget: 12, sinks: 2, recent: 3 };
  const tied = keptAfter({ definition: treekv, options, attention: equal }, 60);
  expect(tied).toEqual(keptAfter({ definition: treekv, options: { ...options, choice: 'keep-right' } }, 60));
});

test('the mean decides, not the sum: a young entry that is read more per query stays', () => {
  const { cache } = simulatedCache({
    definition: treekv,
    options: { budget: 2, sinks: 0, recent: 0 },
    // Token 0 gathers 3 over three queries, token 1 gathers 2.5 over two.
    attention: (_head, _query, tokens) => tokens.map((token) => [1, 1.25, 0][token]),
  });
  for (let i = 0; i < 3; i++) cache.step(1);
  expect(cache.kept).toEqual([[1, 2]]);
});

test('of the sum the entry stays that is read more in all, of the last query the one it reads more', () => {
  const kept = (options: CacheOptions, last: readonly number[]) => {
    const { cache } = simulatedCache({
      definition: treekv,
      options: { budget: 2, sinks: 0, recent: 0, ...options },
      // As above, and the last query reads as it is told.
      attention: (_head, query, tokens) => tokens.map((token) => (query < 2 ? [1, 1.25, 0] : last)[token]),
    });
    for (let i = 0; i < 3; i++) cache.step(1);
    return cache.kept[0];
  };
  expect(kept({ score: 'mean' }, [1, 1.25, 0])).toEqual([1, 2]);
  expect(kept({ score: 'sum' }, [1, 1.25, 0])).toEqual([0, 2]);
  expect(kept({ score: 'last' }, [1, 1.25, 0])).toEqual([1, 2]);
  expect(kept({ score: 'last' }, [1, 0.5, 0])).toEqual([0, 2]);
});

test('of a chunk, the last query is that of its last token', () => {
  const { cache } = simulatedCache({
    definition: treekv,
    options: { budget: 2, sinks: 0, recent: 0, score: 'last' },
    // Every query but the last prefers token 0.
    attention: (_head, query, tokens) => tokens.map((token) => (query < 2 ? [1, 0, 0] : [0, 1, 0])[token]),
  });
  cache.step(3);
  expect(cache.kept).toEqual([[1, 2]]);
});

test('the last pair of a pass reaches the entry that has just left the recent window', () => {
  const options: CacheOptions = { budget: 6, sinks: 1, recent: 2, choice: 'keep-left' };
  const { cache } = simulatedCache({ definition: treekv, options });
  cache.step(6);
  // Three selected places make a pass of three evictions: places 2, 3 and 4 leave, and place 4 is the last
  // that is not recent among the seven.
  expect([1, 1, 1, 1].map((added) => cache.step(added).evicted[0])).toEqual([2, 3, 4, 2]);
});

test('with the least split, one selected entry, the newest candidate meets the only one', () => {
  const options: CacheOptions = { budget: 3, sinks: 1, recent: 1, choice: 'keep-left' };
  expect(keptAfter({ definition: treekv, options }, 30)).toEqual([0, 1, 29]);
});

test('the mass counted is the mean per query that saw the entry, its own included', () => {
  const { cache } = simulatedCache({
    definition: treekv,
    options: { budget: 8, sinks: 0, recent: 0 },
    attention: equal,
  });
  cache.step(5);
  cache.step(2);
  const state = cache.policy.state();
  const means = readFloats(state, 'sums').map((sum, rank) => sum / (cache.seen - cache.kept[0][rank]));
  expect([...means]).toEqual([1, 1, 1, 1, 1, 1, 1]);
});

test('a compressed prompt hands over its window: S the mass, C the length of the window', () => {
  const { cache } = simulatedCache({
    definition: treekv,
    options: { budget: 2, sinks: 0, recent: 0 },
    attention: (_head, _query, tokens) => tokens.map(() => 0),
  });
  cache.seen = 100;
  cache.kept = [[3, 70]];
  const window = 10;
  cache.policy.restore({
    sums: Float64Array.of(0.5, 0.4),
    handOver: Float64Array.of(100, 100 - window),
    turn: Float64Array.of(0),
  });
  cache.step(1);
  expect(cache.kept).toEqual([[3, 100]]);
});

test.each<[CacheOptions, Asks, string[]]>([
  [{}, 'all', ['sums', 'handOver', 'turn']],
  [{ score: 'sum' }, 'all', ['sums', 'handOver', 'turn']],
  [{ score: 'last' }, 'last', ['turn']],
  [{ choice: 'keep-left' }, 'none', ['turn']],
  [{ choice: 'keep-right' }, 'none', ['turn']],
])('%o asks for no more mass, and remembers no more, than it needs', (options, asks, names) => {
  const policy = treekv.create(treekv.plan(options), { heads: 1, layer: 0 });
  expect(policy.asks).toBe(asks);
  expect(Object.keys(policy.state())).toEqual(names);
});

test('a plan from before there were scores is one of means', () => {
  const { score: _, ...plan } = treekv.plan({});
  expect(treekv.create(plan, { heads: 1, layer: 0 }).asks).toBe('all');
  expect(treekv.card?.(plan)).toEqual(treekv.card?.(treekv.plan({})));
});
