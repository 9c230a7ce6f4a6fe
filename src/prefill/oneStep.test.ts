// A baseline's prefill is its policy on the whole prompt as one step: the same entries, ties included. So the
// two modes of prefill differ in when entries leave and not in which rule they leave by.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type CacheOptions, policies } from '../policies/index.ts';
import { simulate, softmaxLike, tied } from '../policies/simulate.testing.ts';
import { rowsOf } from './attentionMap.testing.ts';
import { compressLayer, scoredQueries } from './compress.ts';
import { planPrefill } from './registry.ts';

const attention = fc.oneof(
  fc.nat(1e6).map((seed) => softmaxLike(seed)),
  fc.record({ seed: fc.nat(1e6), levels: fc.integer({ min: 1, max: 4 }) }).map((s) => tied(s.seed, s.levels)),
);

test.each<CacheOptions>([
  { policy: 'h2o', budget: 14, sinks: 2, recent: 5 },
  { policy: 'h2o', budget: 11, variant: 'official' },
  { policy: 'tova', budget: 14, sinks: 2, recent: 5 },
  { policy: 'tova', budget: 11, variant: 'official' },
  { policy: 'streaming-llm', budget: 14, sinks: 2, recent: 5 },
  { policy: 'streaming-llm', budget: 11, variant: 'official' },
])('%o keeps in prefill what the policy keeps of the prompt in one step', (options) => {
  const definition = policies.get(options.policy ?? '');
  if (definition === undefined) throw new Error(`no policy ${options.policy}`);
  const cache = definition.plan(options);
  const plan = planPrefill({ mode: 'full' }, cache);
  if (plan.mode !== 'full') throw new Error('no compression');
  fc.assert(
    fc.property(attention, fc.integer({ min: 1, max: 70 }), (someAttention, length) => {
      const [{ view, kept }] = simulate({ definition, options, heads: 3, attention: someAttention }, [
        length,
      ]);
      const queries = scoredQueries(plan, length);
      const layer = compressLayer(plan, { heads: 3, length, queries, mass: view.mass }, cache.budget ?? 0);
      expect(rowsOf(layer.kept, 3)).toEqual(kept);
    }),
  );
});
