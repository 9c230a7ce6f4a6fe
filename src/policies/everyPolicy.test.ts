// What the contract promises, for every policy, variant and choice, on random mass and random chunks.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CacheOptions, PolicyDefinition } from './policy.ts';
import { policies } from './registry.ts';
import { type Scenario, simulate, simulatedCache, softmaxLike, tied } from './simulate.testing.ts';

// All but `full`, which has no budget; its test stands at the end.
const everyForm: CacheOptions[] = [
  ...[...policies.keys()].filter((policy) => policy !== 'full').map((policy) => ({ policy })),
  { policy: 'streaming-llm', variant: 'official', sinks: 2 },
  { policy: 'h2o', variant: 'official' },
  { policy: 'tova', variant: 'official' },
  { policy: 'treekv', rule: 'printed' },
  { policy: 'treekv', choice: 'keep-left' },
  { policy: 'treekv', choice: 'keep-right' },
  { policy: 'treekv', choice: 'keep-left', rule: 'printed' },
  { policy: 'treekv', score: 'sum' },
  { policy: 'treekv', score: 'last' },
  { policy: 'treekv', score: 'last', rule: 'printed' },
  { policy: 'random', seed: 7 },
];

const chunks = fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 14 });
const attention = fc.oneof(
  fc.nat(1e6).map((seed) => softmaxLike(seed)),
  fc.record({ seed: fc.nat(1e6), levels: fc.integer({ min: 1, max: 4 }) }).map((s) => tied(s.seed, s.levels)),
);
const split = fc.record({
  sinks: fc.integer({ min: 0, max: 3 }),
  recent: fc.integer({ min: 0, max: 4 }),
  selected: fc.integer({ min: 1, max: 9 }),
});

function definitionOf(form: CacheOptions): PolicyDefinition {
  const definition = policies.get(form.policy ?? '');
  if (definition === undefined) throw new Error(`no policy ${form.policy}`);
  return definition;
}

/** Scenarios of one form: any split where the form allows one. */
function scenarios(form: CacheOptions): fc.Arbitrary<Scenario> {
  return fc.record({ attention, split, heads: fc.integer({ min: 1, max: 3 }) }).map((drawn) => {
    const { sinks, recent, selected } = drawn.split;
    const budget = sinks + recent + selected;
    const options =
      form.variant === 'official' ? { ...form, budget: budget + 2 } : { ...form, budget, sinks, recent };
    return {
      definition: definitionOf(form),
      options,
      heads: drawn.heads,
      layer: 1,
      attention: drawn.attention,
    };
  });
}

describe.each(everyForm.map((form) => ({ form, title: Object.values(form).join(' ') })))(
  '$title',
  ({ form }) => {
    const anyScenario = scenarios(form);

    test('never keeps more than the budget, and no less than it may', () => {
      fc.assert(
        fc.property(anyScenario, chunks, (scenario, lengths) => {
          const { budget } = scenario.definition.plan(scenario.options ?? {});
          for (const { kept, view } of simulate(scenario, lengths)) {
            for (const row of kept) expect(row.length).toBe(Math.min(view.seen, budget ?? Infinity));
          }
        }),
      );
    });

    test('names ranks that are ascending, unique and in range', () => {
      fc.assert(
        fc.property(anyScenario, chunks, (scenario, lengths) => {
          for (const { evicted, view } of simulate(scenario, lengths)) {
            const perHead = evicted.length / view.heads;
            for (const [i, rank] of evicted.entries()) {
              const least = i % perHead === 0 ? 0 : evicted[i - 1] + 1;
              expect(rank).toBeGreaterThanOrEqual(least);
              expect(rank).toBeLessThan(view.before + view.added);
            }
          }
        }),
      );
    });

    test('never evicts a sink or a recent entry', () => {
      fc.assert(
        fc.property(anyScenario, chunks, (scenario, lengths) => {
          const { sinks, recent } = scenario.definition.plan(scenario.options ?? {});
          for (const { kept, view } of simulate(scenario, lengths)) {
            const safe = [...Array(view.seen).keys()].filter((t) => t < sinks || t >= view.seen - recent);
            for (const row of kept) expect(row).toEqual(expect.arrayContaining(safe));
          }
        }),
      );
    });

    test('decides the same when given the same', () => {
      fc.assert(
        fc.property(anyScenario, chunks, (scenario, lengths) => {
          expect(simulate(scenario, lengths)).toEqual(simulate(scenario, lengths));
        }),
      );
    });

    test('continues from a restored state as if never interrupted', () => {
      fc.assert(
        fc.property(anyScenario, chunks, chunks, (scenario, earlier, later) => {
          const { cache: first } = simulatedCache(scenario);
          for (const added of earlier) first.step(added);
          const { cache: second } = simulatedCache(scenario);
          second.kept = first.kept;
          second.seen = first.seen;
          second.policy.restore(structuredClone(first.policy.state()));
          expect(second.policy.state()).toEqual(first.policy.state());
          for (const added of later) expect(second.step(added)).toEqual(first.step(added));
        }),
      );
    });

    test('gives out a state that later steps do not change', () => {
      fc.assert(
        fc.property(anyScenario, chunks, chunks, (scenario, earlier, later) => {
          const { cache } = simulatedCache(scenario);
          for (const added of earlier) cache.step(added);
          const state = cache.policy.state();
          const copy = structuredClone(state);
          for (const added of later) cache.step(added);
          expect(state).toEqual(copy);
        }),
      );
    });

    test('evicts nothing while the budget holds the text', () => {
      fc.assert(
        fc.property(anyScenario, chunks, (scenario, lengths) => {
          const length = lengths.reduce((a, b) => a + b, 0);
          const options = { ...scenario.options, budget: length + 20 };
          for (const { evicted } of simulate({ ...scenario, options }, lengths))
            expect(evicted.length).toBe(0);
        }),
      );
    });
  },
);

test.each(
  everyForm.filter(
    ({ policy, choice }) =>
      policy === 'streaming-llm' || policy === 'random' || (choice !== undefined && choice !== 'score'),
  ),
)('the chunking changes nothing where no mass is read: %o', (form) => {
  fc.assert(
    fc.property(scenarios(form), chunks, (scenario, lengths) => {
      const ones = lengths.flatMap((added) => Array<number>(added).fill(1));
      expect(simulate(scenario, lengths).at(-1)?.kept).toEqual(simulate(scenario, ones).at(-1)?.kept);
    }),
  );
});

test('full keeps everything', () => {
  fc.assert(
    fc.property(chunks, (lengths) => {
      for (const { kept, view, evicted } of simulate(
        { definition: definitionOf({ policy: 'full' }) },
        lengths,
      )) {
        expect(kept[0]).toEqual([...Array(view.seen).keys()]);
        expect(evicted.length).toBe(0);
      }
    }),
  );
});
