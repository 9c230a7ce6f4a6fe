// The tables of a result, and what they say about its data.
import { expect, test } from 'vitest';
import { longBenchPlots } from './longBenchPlots.ts';
import type { LongBenchProtocol } from './longBenchProtocol.ts';
import { type LongBenchResult, summariseLongBench } from './longBenchSummary.ts';
import { longBenchTable } from './longBenchTable.ts';
import { findTasks, type Task } from './tasks.ts';

const names = ['full', 'treekv'];

function resultOf(tasks: readonly Task[], own: Partial<LongBenchProtocol> = {}): LongBenchResult {
  const protocol = {
    benchmark: 'LongBench',
    tasks: tasks.map(({ name, label, category, samples, chat }) => ({
      ...{ name, label, category, chat, file: `${name}.jsonl`, part: false, ownTemplate: true },
      ...{ samples, samplesInFile: samples, published: samples },
    })),
    policies: names.map((name) => ({ name })),
    ...{ maxLength: 1000, chatTemplate: null, chatUse: 'auto' },
    ...own,
  } as unknown as LongBenchProtocol;
  const units = tasks.flatMap(({ name: task }, t) =>
    names.flatMap((policy, p) =>
      [0, 1].map((index) => ({
        ...{ task, policy, index, score: (t + p + index) / 20, length: 5000 * index },
        ...{ promptTokens: 900, kept: 100 + p, generated: 8, peakCacheBytes: 2 ** (20 + p) },
      })),
    ),
  );
  return { model: { name: 'tiny' }, protocol, units, summary: summariseLongBench(protocol, units) } as never;
}

const whole = findTasks(['narrativeqa', 'qasper', 'trec']);

test('policies are down, tasks across in the order of Table 3, then the average', () => {
  const lines = longBenchTable(resultOf(whole)).split('\n');
  expect(lines.slice(2, 6)).toEqual([
    '| policy | NrtvQA | Qasper | TREC | Avg |',
    '| --- | ---: | ---: | ---: | ---: |',
    '| full | 2.50 | 7.50 | 12.50 | 7.50 |',
    '| treekv | 7.50 | 12.50 | 17.50 | 12.50 |',
  ]);
  expect(lines).toContain('| policy | Single-Doc QA | Few-shot |');
  expect(lines).toContain('| treekv | 10.00 | 17.50 |');
  expect(lines).toContain('| Avg | 5.00 [5.00, 5.00] |');
  expect(lines).toContain('| treekv | 900.0 | 101.0 | 8.0 | 2.0 |');
  expect(lines).toContain("- 3 of LongBench's 16 tasks.");
});

test('buckets are shown for LongBench-E only, with a dash where there is no sample', () => {
  const extended = longBenchTable(resultOf(whole, { benchmark: 'LongBench-E' }));
  expect(extended).toContain('| full | 0-4k | 0.00 | 5.00 | 10.00 | 5.00 |');
  expect(extended).toContain('| full | 8k+ | - | - | - | - |');
  expect(longBenchTable(resultOf(whole))).not.toContain('0-4k');
});

test("data that is not whole, and templates that are not LongBench's, are named below", () => {
  const text = longBenchTable(resultOf(whole));
  expect(text).not.toContain('Not the whole data');
  expect(text).not.toContain('Templates');
  const records = resultOf(whole).protocol.tasks;
  const changed = [{ ...records[0], samples: 20, file: 'narrativeqa.20.jsonl', part: true }, records[1]];
  const partial = longBenchTable(
    resultOf(whole.slice(0, 2), { tasks: [changed[0], { ...changed[1], ownTemplate: false }] }),
  );
  expect(partial).toContain('- Not the whole data: NrtvQA 20 of 200 samples (narrativeqa.20.jsonl).');
  expect(partial).toContain("- Templates that are not LongBench's: Qasper.");
});

test('the plot has a bar for every task and the average under every policy', () => {
  const { '': plot } = longBenchPlots(resultOf(whole));
  expect(plot.data).toEqual({
    values: expect.arrayContaining([
      { policy: 'full', task: 'TREC', score: 12.5 },
      { policy: 'treekv', task: 'Avg', score: 12.5 },
    ]),
  });
  expect((plot.data as { values: unknown[] }).values).toHaveLength(8);
});
