import { expect, test } from 'vitest';
import { protocolCard } from './card.ts';
import type { CacheOptions } from './policy.ts';
import { planCache, policyNames } from './registry.ts';

const card = async (options: CacheOptions) => protocolCard(await planCache(options));

test('the card of the default', async () => {
  expect(await card({})).toEqual({
    when: 'after attention, as if tokens came one at a time',
    score: 'mean mass per query since the entry came, compared inside the scope',
    sharing: 'one set per KV head and layer; one walk for all',
    group: 'mean over the group',
    positions: 're-assigned by place in the cache',
    order: 'token order',
    entriesVisible: 1025,
  });
});

test('the card says what TreeKV compares', async () => {
  expect((await card({ score: 'sum' })).score).toMatch(/^sum of the mass/);
  expect((await card({ score: 'last' })).score).toMatch(/^the last query's mass/);
  expect((await card({ choice: 'keep-left' })).score).toBe('none: keep-left');
});

test.each(policyNames)('%s words every axis', async (policy) => {
  const { entriesVisible, ...axes } = await card({ policy });
  expect(Object.keys(axes)).toEqual(['when', 'score', 'sharing', 'group', 'positions', 'order']);
  expect(Object.values(axes)).not.toContain('not stated');
  expect(entriesVisible).toBe(policy === 'full' ? null : 1025);
});

test('the official variants say where they differ', async () => {
  expect((await card({ policy: 'h2o', variant: 'official' })).group).toContain('stands in for');
  expect(await card({ policy: 'tova', variant: 'official' })).toMatchObject({
    sharing: 'one set per layer',
    positions: 'absolute, as in the text',
  });
});

test('a policy without words gets a card that says so', async () => {
  const plan = { ...(await planCache()), policy: 'file:///mine.mjs' };
  expect(protocolCard(plan)).toMatchObject({ score: 'not stated', entriesVisible: 1025 });
});
