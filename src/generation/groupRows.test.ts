// Which rows step together: equal budgets, few enough to hold, and always the same for the same rows.
import { expect, test } from 'vitest';
import { type CacheOptions, planCache } from '../policies/index.ts';
import { groupRows } from './groupRows.ts';
import type { ScoreRow } from './score.ts';

const config = { layers: 8, kvHeads: 2, headDim: 64, vocabSize: 8192 };

async function row(tokens: number, options: CacheOptions = {}): Promise<ScoreRow> {
  const ids = new Int32Array(tokens);
  return { ids, targets: ids, plan: await planCache(options) };
}

async function rowsOf(count: number, tokens: number, options?: CacheOptions): Promise<ScoreRow[]> {
  return Promise.all(Array.from({ length: count }, () => row(tokens, options)));
}

const sizes = (groups: readonly (readonly number[])[]) => groups.map((group) => group.length);

test('rows of one budget step together whatever their policy, full caches alone', async () => {
  const rows = await Promise.all([
    row(10, { budget: 64 }),
    row(10, { policy: 'full' }),
    row(10, { budget: 32 }),
    row(10, { policy: 'h2o', budget: 64 }),
    row(10, { policy: 'full' }),
  ]);
  expect(groupRows(rows, { config, chunk: 1 })).toEqual([[0, 3], [1], [2], [4]]);
});

test('at most 64 rows step together', async () => {
  expect(sizes(groupRows(await rowsOf(150, 100), { config, chunk: 1 }))).toEqual([64, 64, 22]);
});

test('a group of long rows ends at about a quarter of a million tokens, but has 16 rows at least', async () => {
  expect(sizes(groupRows(await rowsOf(60, 2 ** 13), { config, chunk: 1 }))).toEqual([32, 28]);
  expect(sizes(groupRows(await rowsOf(40, 2 ** 15), { config, chunk: 1 }))).toEqual([16, 16, 8]);
});

test('caches of a group take a GiB at most, and projected rows 64 MiB', async () => {
  const large = { layers: 16, kvHeads: 8, headDim: 64, vocabSize: 8192 };
  expect(sizes(groupRows(await rowsOf(20, 100), { config: large, chunk: 1 }))).toEqual([16, 4]);
  const wide = { ...config, vocabSize: 131072 };
  expect(sizes(groupRows(await rowsOf(20, 100), { config: wide, chunk: 16 }))).toEqual([8, 8, 4]);
});

test('a row that is too large for any group has one of its own', async () => {
  const huge = { ...config, vocabSize: 2 ** 20 };
  expect(sizes(groupRows(await rowsOf(3, 100), { config: huge, chunk: 64 }))).toEqual([1, 1, 1]);
});
