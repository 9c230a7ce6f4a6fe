import fc from 'fast-check';
import { expect, test } from 'vitest';
import { simulate, simulatedCache, softmaxLike } from './simulate.testing.ts';
import { tova } from './tova.ts';

test('officially every head of a layer evicts the same entries', () => {
  const chunks = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(fc.nat(1e6), chunks, (seed, lengths) => {
      const options = { variant: 'official', budget: 8 } as const;
      const scenario = { definition: tova, options, heads: 3, attention: softmaxLike(seed) };
      for (const { kept } of simulate(scenario, lengths)) {
        expect(kept[1]).toEqual(kept[0]);
        expect(kept[2]).toEqual(kept[0]);
      }
    }),
  );
});

test('officially the current token may leave', () => {
  const { cache } = simulatedCache({
    definition: tova,
    options: { variant: 'official', budget: 4 },
    attention: (_head, query, tokens) => tokens.map((token) => (token === query ? 0 : 1)),
  });
  for (let i = 0; i < 10; i++) cache.step(1);
  expect(cache.kept).toEqual([[0, 1, 2, 3]]);
});

test('only the last query counts', () => {
  const { cache } = simulatedCache({
    definition: tova,
    options: { budget: 5, sinks: 0, recent: 1 },
    // Every query but the last loves token 2; the last despises it.
    attention: (_head, query, tokens) => tokens.map((token) => (token === 2 ? (query < 5 ? 100 : 0) : 1)),
  });
  cache.step(5);
  cache.step(1);
  expect(cache.kept).toEqual([[0, 1, 3, 4, 5]]);
});

test('of equal masses the older leaves', () => {
  const { cache } = simulatedCache({
    definition: tova,
    options: { budget: 5, sinks: 1, recent: 1 },
    attention: (_head, _query, tokens) => tokens.map(() => 1),
  });
  cache.step(8);
  expect(cache.kept).toEqual([[0, 4, 5, 6, 7]]);
});

test('officially nothing is protected and positions are absolute', () => {
  expect(tova.plan({ variant: 'official', budget: 9 })).toMatchObject({
    sinks: 0,
    recent: 0,
    selected: 9,
    positions: 'absolute',
  });
});
