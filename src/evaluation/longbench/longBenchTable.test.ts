// The tables of a result, and what they say about its data.
import { expect, test } from 'vitest';
import { recordSessions } from '../sessionRecord.ts';
import { planSessions } from '../sessionSpec.ts';
import { longBenchPlots } from './longBenchPlots.ts';
import type { LongBenchProtocol } from './longBenchProtocol.ts';
import { type LongBenchResult, summariseLongBench } from './longBenchSummary.ts';
import { longBenchTable } from './longBenchTable.ts';
import { findTasks, type Task, tasks } from './tasks.ts';

const names = ['full', 'treekv'];
const policies = await recordSessions(await planSessions(names, { budget: 256 }, { mode: 'full' }));

function resultOf(asked: readonly Task[], own: Partial<LongBenchProtocol> = {}): LongBenchResult {
  const protocol = {
    benchmark: 'LongBench',
    tasks: asked.map(({ name, label, category, samples, chat, maxNewTokens }) => ({
      ...{ name, label, category, chat, file: `${name}.jsonl`, part: false, ownTemplate: true, maxNewTokens },
      ...{ samples, samplesInFile: samples, published: samples },
    })),
    policies,
    ...{ maxLength: 1000, chatTemplate: null, chatUse: 'auto', compatRecursionLimit: true },
    ...{ query: 'inside', spaces: 'as decoded', dtype: 'weights q8' },
    ...own,
  } as unknown as LongBenchProtocol;
  const units = asked.flatMap(({ name: task }, t) =>
    names.flatMap((policy, p) =>
      [0, 1].map((index) => ({
        ...{ task, policy, index, score: (t + p + index) / 20, length: 5000 * index },
        ...{ promptTokens: 900, kept: 100 + p, generated: 8, peakCacheBytes: 2 ** (20 + p) },
      })),
    ),
  );
  const model = { name: 'tiny', dtype: 'q8', trainedContext: 4096 };
  const summary = summariseLongBench(protocol, units);
  return { model, protocol, units, summary, seconds: 3 } as never;
}

const whole = findTasks(['narrativeqa', 'qasper', 'trec']);

test('policies are down, tasks across in the order of Table 3, then the average', () => {
  const lines = longBenchTable(resultOf(whole)).split('\n');
  expect(lines.slice(0, 6)).toEqual([
    ...['**LongBench, tiny q8: scores of 0 to 100**', ''],
    '| policy | budget | NrtvQA | Qasper | TREC | Avg |',
    '| --- | ---: | ---: | ---: | ---: | ---: |',
    '| full | all | 2.50 | 7.50 | 12.50 | 7.50 |',
    '| treekv | 256 | 7.50 | 12.50 | 17.50 | 12.50 |',
  ]);
  expect(lines).toContain('| policy | budget | Single-Doc QA | Few-shot |');
  expect(lines).toContain('| treekv | 256 | 10.00 | 17.50 |');
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
  expect(text).not.toContain('Lengths of answers');
  const records = resultOf(whole).protocol.tasks;
  const changed = [{ ...records[0], samples: 20, file: 'narrativeqa.20.jsonl', part: true }, records[1]];
  const partial = longBenchTable(
    resultOf(whole.slice(0, 2), { tasks: [changed[0], { ...changed[1], ownTemplate: false }] }),
  );
  expect(partial).toContain('- Not the whole data: NrtvQA 20 of 200 samples (narrativeqa.20.jsonl).');
  expect(partial).toContain("- Templates that are not LongBench's: Qasper.");
  const short = longBenchTable(resultOf(whole, { tasks: [{ ...records[2], maxNewTokens: 4 }] }));
  expect(short).toContain("- Lengths of answers that are not LongBench's: TREC.");
});

test('a whole run says nothing of parts; LongBench-E is whole with its 13 tasks', () => {
  expect(longBenchTable(resultOf(tasks))).not.toContain("of LongBench's 16 tasks");
  const extended = tasks.filter((task) => task.extended);
  const text = longBenchTable(resultOf(extended, { benchmark: 'LongBench-E' }));
  expect(text).not.toMatch(/ of LongBench.* tasks\./);
  const part = longBenchTable(resultOf(extended.slice(1), { benchmark: 'LongBench-E' }));
  expect(part).toContain("- 12 of LongBench-E's 13 tasks.");
});

test('below the tables stands under what they were measured', () => {
  const text = longBenchTable(resultOf(whole));
  const [, measured] = text.split('\n\nHow it was measured\n\n');
  expect(measured).toContain('- model: tiny, trained to 4,096 tokens, weights q8\n');
  expect(measured).toContain('tokens at most: NrtvQA 128, Qasper 128, TREC 64\n');
  expect(measured).toContain("overflows its stack score 0, as there (LongBench's recursion limit)");
  expect(measured).toMatch(/^- full: keeps everything; 907 entries visible at most; .*prompt: stays whole$/m);
  expect(measured).toMatch(
    /^- treekv: keeps 256 = 4 sinks .*; prompt: full attention, then compressed at once by treekv: /m,
  );
  expect(text).toMatch(/Note: the weights are q8\..*$/);
  const lifted = longBenchTable(resultOf(whole, { compatRecursionLimit: false }));
  expect(lifted).toContain("scored all the same (without LongBench's recursion limit)");
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
