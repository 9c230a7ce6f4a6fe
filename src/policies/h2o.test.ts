import fc from 'fast-check';
import { expect, test } from 'vitest';
import { h2o } from './h2o.ts';
import { readFloats } from './policyState.ts';
import { keptAfter, simulatedCache, softmaxLike } from './simulate.testing.ts';

test('no mass is lost: the sums of kept and evicted entries add up to the number of queries', () => {
  const chunks = fc.array(fc.integer({ min: 1, max: 10 }), { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(fc.nat(1e6), chunks, (seed, lengths) => {
      const options = { budget: 10, sinks: 2, recent: 3 };
      const { cache } = simulatedCache({ definition: h2o, options, attention: softmaxLike(seed) });
      let sums: number[] = [];
      let gone = 0;
      for (const added of lengths) {
        const { view, evicted } = cache.step(added);
        const whole = Array.from(view.mass, (mass, rank) => (sums[rank] ?? 0) + mass);
        for (const rank of evicted) gone += whole[rank];
        sums = [...readFloats(cache.policy.state(), 'sums')];
        expect(sums.reduce((a, b) => a + b, gone)).toBeCloseTo(view.seen, 3);
      }
    }),
  );
});

test('a heavy hitter stays for ever, and the entry with the least sum leaves', () => {
  const options = { budget: 6, sinks: 1, recent: 2 };
  const toTen = (_head: number, _query: number, tokens: readonly number[]) =>
    tokens.map((token) => (token === 10 ? 1 : token === 20 ? 0.5 : 0));
  expect(keptAfter({ definition: h2o, options, attention: toTen }, 100)).toEqual([0, 10, 20, 97, 98, 99]);
});

test('of equal sums the older leaves', () => {
  const options = { budget: 6, sinks: 1, recent: 2 };
  const none = (_head: number, _query: number, tokens: readonly number[]) => tokens.map(() => 0);
  expect(keptAfter({ definition: h2o, options, attention: none }, 9)).toEqual([0, 4, 5, 6, 7, 8]);
});

test('officially half the budget is recent, nothing is a sink and positions are absolute', () => {
  expect(h2o.plan({ variant: 'official', budget: 9 })).toEqual({
    policy: 'h2o',
    variant: 'official',
    budget: 9,
    sinks: 0,
    recent: 4,
    selected: 5,
    positions: 'absolute',
  });
});
