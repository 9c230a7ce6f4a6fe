// The tables of prefill results: which cell a case is in, and what is averaged.
import { expect, test } from 'vitest';
import { planCache } from '../policies/index.ts';
import { type PrefillOptions, planPrefill } from '../prefill/index.ts';
import type { PrefillCase, PrefillResult } from './prefillPerplexity.ts';
import { prefillTables } from './prefillTable.ts';

async function caseOf(name: string, options: PrefillOptions, budget: number): Promise<PrefillCase> {
  const cache = await planCache({ policy: 'h2o', budget });
  return { name, cache, prefill: planPrefill(options, cache) };
}

const cases = [
  await caseOf('a', { mode: 'full' }, 128),
  await caseOf('b', { mode: 'chunked' }, 256),
  await caseOf('c', { mode: 'full', method: 'snapkv' }, 128),
];
const result = (name: string, nll: number): PrefillResult => ({
  ...{ name, nll, entriesKept: 128, peakCacheBytes: 2 ** 21, finalCacheBytes: 2 ** 20 },
});

test('a line is a method, its mode and what decodes; a column is a budget', () => {
  const [perplexity] = prefillTables(cases, [[result('a', 1), result('b', 2), result('c', 3)]]).split(
    '\n\n**',
  );
  expect(perplexity.split('\n').slice(2)).toEqual([
    '| method, mode | 128 | 256 |',
    '| --- | ---: | ---: |',
    `| h2o, full | ${Math.E.toFixed(3)} |  |`,
    `| h2o, chunked |  | ${Math.exp(2).toFixed(3)} |`,
    `| snapkv, full, then h2o | ${Math.exp(3).toFixed(3)} |  |`,
  ]);
});

test('perplexity is exp of the mean over texts, and bytes are shown in MiB', () => {
  const texts = [1, 3].map((nll) => cases.map(({ name }) => result(name, nll)));
  const tables = prefillTables(cases, texts);
  expect(tables).toContain('**Perplexity, 2 texts**');
  expect(tables).toContain(`| h2o, full | ${Math.exp(2).toFixed(3)} |`);
  expect(tables).toContain('| h2o, full | 2.0 |  |');
  expect(tables).toContain('| h2o, full | 1.0 |  |');
});
