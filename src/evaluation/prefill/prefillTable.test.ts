// The table of a prefill result: which cell a case is in, and what a cell shows.
import { expect, test } from 'vitest';
import { prefillCard } from '../../prefill/index.ts';
import { entriesVisible } from './entriesVisible.ts';
import type { PrefillReport, PrefillSummary } from './evaluatePrefill.ts';
import { planPrefillCases } from './prefillCases.ts';
import { prefillTable } from './prefillTable.ts';

const planned = await planPrefillCases({ policies: ['h2o', 'snapkv', 'treekv'], budgets: [128, 256] });
const lengths = { prompt: 1000, scored: 20, chunk: 64 };
const summary: PrefillSummary[] = planned.map(({ name, cache, prefill }, i) => ({
  ...{ name, nll: i, perplexity: Math.exp(i), documents: 2 },
  entriesVisible: entriesVisible({ cache, prefill }, lengths, 4),
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

test('a case says how its prompt was compressed, which the split of the cache that decodes does not', () => {
  const lineOf = (name: string) => lines.find((line) => line.startsWith(`- ${name}: `));
  expect(lineOf('full snapkv 128')).toContain(
    'prompt: full attention, then compressed at once by snapkv: keeps the window of 32, and 96 chosen; queries: the ' +
      "last 32 queries of the prompt; score: mass of the window's queries, max-pooled over 7 places",
  );
  expect(lineOf('full treekv 128')).toContain('by treekv: keeps blocks of 8: those of the first 4');
  expect(lineOf('chunked treekv 128')).toContain('prompt: read in chunks of 64 once the cache is full');
});
