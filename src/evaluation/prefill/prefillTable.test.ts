// The table of a prefill result: which cell a case is in, and what a cell shows.
import { expect, test } from 'vitest';
import { prefillCard } from '../../prefill/index.ts';
import type { PrefillReport, PrefillSummary } from './evaluatePrefill.ts';
import { planPrefillCases } from './prefillCases.ts';
import { prefillTable } from './prefillTable.ts';

const planned = await planPrefillCases({ policies: ['h2o', 'snapkv'], budgets: [128, 256] });
const summary: PrefillSummary[] = planned.map(({ name, cache }, i) => ({
  ...{ name, nll: i, perplexity: Math.exp(i), documents: 2 },
  ...{ peakCacheBytes: 2 ** 21, finalCacheBytes: 2 ** 20 },
  difference: { mean: 0.5, low: 0.25, high: 0.75, n: 2 },
  reference: `full h2o ${cache.budget}`,
}));
const card = { when: 'w', score: 's', sharing: 'h', group: 'g', positions: 'p', order: 'o' };
const result = {
  ...{ model: { name: 'books', dtype: 'q8', trainedContext: 4096 }, seconds: 1.25 },
  protocol: {
    ...{
      prompt: 'p',
      scored: 's',
      query: 'q',
      mean: 'm',
      chunk: 64,
      documents: [{ name: 'a.txt' }, { name: 'b.txt' }],
      tooShort: ['c.txt'],
    },
    cases: planned.map(({ name, policy, prefill, cache }) => ({
      ...{ name, policy, cache, card, prefill: prefillCard(prefill) },
    })),
  },
  summary,
} as unknown as PrefillReport;
const lines = prefillTable(result).split('\n');

test('a line is a policy or method and its mode, a column a budget', () => {
  const from = lines.indexOf('**Perplexity, 2 documents**') + 2;
  expect(lines.slice(from, from + 5)).toEqual([
    '| method, mode | 128 | 256 |',
    '| --- | ---: | ---: |',
    `| h2o, full | 1.000 | ${Math.exp(2).toFixed(3)} |`,
    `| h2o, chunked | ${Math.E.toFixed(3)} | ${Math.exp(3).toFixed(3)} |`,
    `| snapkv, full, then h2o | ${Math.exp(4).toFixed(3)} | ${Math.exp(5).toFixed(3)} |`,
  ]);
});

test('differences carry their intervals, and the reference is 0', () => {
  expect(lines).toContain('| snapkv, full, then h2o | 0.5000 [0.2500, 0.7500] | 0.5000 [0.2500, 0.7500] |');
  expect(lines).toContain('| h2o, full | 0 | 0 |');
});

test('bytes are shown in MiB, and documents left out are named', () => {
  expect(lines).toContain('| h2o, full | 2.0 | 2.0 |');
  expect(lines).toContain('| h2o, full | 1.0 | 1.0 |');
  expect(lines).toContain('Too short, left out: c.txt.');
});

test('how it was measured stands below, and that the weights were quantised', () => {
  const from = lines.indexOf('How it was measured');
  const below = lines.slice(from).join('\n');
  expect(below).toContain('- texts: a.txt, b.txt');
  expect(below).toContain(
    '- full h2o 128: keeps 128 = 4 sinks + 60 recent + 64 selected; 129 entries visible',
  );
  expect(below).toContain(
    '- chunked h2o 128: keeps 128 = 4 sinks + 60 recent + 64 selected; 192 entries visible',
  );
  expect(lines.at(-1)).toContain('the weights are q8');
});
