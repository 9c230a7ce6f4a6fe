import { expect, test } from 'vitest';
import { h2o, policies, treekv } from '../policies/index.ts';
import { prefillCard } from './card.ts';
import { planPrefill, prefillMethodNames } from './registry.ts';

const names = ['prefill', 'when', 'queries', 'score', 'sharing', 'group', 'kept'];

test('the card of the default', () => {
  expect(prefillCard(planPrefill({ mode: 'full' }, treekv.plan({})))).toEqual({
    prefill: 'full, treekv',
    when: 'at once, after full attention over the prompt',
    queries: 'the last 8 queries of the prompt',
    score: 'mean mass of the 8 tokens of a block, compared inside the scope',
    sharing: 'one set per KV head and layer; one walk for all',
    group: 'mean over the group',
    kept: 'blocks of 8: those of the first 4 and of the last 508 entries, the rest chosen',
  });
});

test.each(prefillMethodNames)('%s words every axis', (method) => {
  const cache = (method === 'full' ? policies.get('full') : treekv)?.plan({});
  if (cache === undefined) throw new Error('no policy');
  const card = prefillCard(planPrefill({ mode: 'full', method }, cache));
  expect(Object.keys(card).sort()).toEqual([...names].sort());
  for (const words of Object.values(card)) expect(words).toMatch(/\w/);
  expect(card.prefill).toBe(`full, ${method}`);
});

test('it says whose attention is read', () => {
  const queries = (method: string) =>
    prefillCard(planPrefill({ mode: 'full', method }, treekv.plan({ choice: 'keep-left' }))).queries;
  expect(['treekv', 'snapkv', 'h2o', 'tova', 'streaming-llm'].map(queries)).toEqual([
    'none',
    'the last 32 queries of the prompt',
    'all queries of the prompt',
    'the last query of the prompt',
    'none',
  ]);
});

test('of the last query’s score, that query alone is read', () => {
  const card = prefillCard(planPrefill({ mode: 'full' }, treekv.plan({ score: 'last' })));
  expect(card.queries).toBe('the last query of the prompt');
  expect(card.score).toBe(
    "the last query's mass, mean of the 8 tokens of a block, compared inside the scope",
  );
});

test('the official variants say where they differ', () => {
  const cache = h2o.plan({ variant: 'official', budget: 64 });
  expect(prefillCard(planPrefill({ mode: 'full' }, cache))).toMatchObject({
    group: 'mean over the group; stands in for a set per query head',
    kept: 'the first 0, the last 32, and 32 chosen',
  });
  expect(prefillCard(planPrefill({ mode: 'full', method: 'tova' }, cache))).toMatchObject({
    sharing: 'one set per layer',
    kept: 'nothing is protected; 64 chosen',
  });
});

test('in chunks everything is as in decoding', () => {
  expect(prefillCard(planPrefill({ mode: 'chunked' }, treekv.plan({})))).toMatchObject({
    prefill: 'chunked',
    score: 'as in decoding',
  });
});
