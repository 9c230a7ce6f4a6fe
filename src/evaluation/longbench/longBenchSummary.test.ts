// Scores from units: rounding, means, buckets, and the paired differences.
import { expect, test } from 'vitest';
import type { LongBenchProtocol } from './longBenchProtocol.ts';
import { bucketOf, summariseLongBench } from './longBenchSummary.ts';
import { findTasks } from './tasks.ts';

const names = ['full', 'treekv'];
const protocol = (tasks: readonly string[], benchmark: LongBenchProtocol['benchmark'] = 'LongBench') =>
  ({
    benchmark,
    tasks: findTasks(tasks),
    policies: names.map((name) => ({ name })),
  }) as unknown as LongBenchProtocol;

/** Units of one task: scores under each policy, all of one length unless told. */
const units = (task: string, scores: readonly (readonly number[])[], length = [100]) =>
  scores.flatMap((own, p) =>
    own.map((score, i) => ({ task, policy: names[p], score, length: length[i % length.length] })),
  );

test('a task is the mean in hundredths of a percent, ties to the even digit', () => {
  const { scores } = summariseLongBench(
    protocol(['qasper']),
    units('qasper', [
      [0.00125, 0.00125],
      [1 / 3, 1],
    ]),
  );
  expect(scores.map(({ tasks }) => tasks.qasper)).toEqual([0.12, 66.67]);
});

test('categories and average are means over the printed scores of tasks; absent categories have none', () => {
  const { scores } = summariseLongBench(protocol(['qasper', 'narrativeqa', 'lcc']), [
    ...units('qasper', [[0.1], [0.5]]),
    ...units('narrativeqa', [[0.2], [0.5]]),
    ...units('lcc', [[1], [0.25]]),
  ]);
  expect(scores[0].categories).toMatchObject({ 'Single-Doc QA': 15, Code: 100, Synthetic: null });
  expect(scores.map(({ average }) => average)).toEqual([43.33, 41.67]);
});

test.each([
  [0, '0-4k'],
  [3999, '0-4k'],
  [4000, '4-8k'],
  [7999, '4-8k'],
  [8000, '8k+'],
])('%d words are in %s', (length, bucket) => {
  expect(bucketOf(length)).toBe(bucket);
});

test('LongBench-E has scores by bucket, none where a bucket is empty', () => {
  const { buckets } = summariseLongBench(protocol(['qasper'], 'LongBench-E'), [
    ...units(
      'qasper',
      [
        [0, 1, 0.5],
        [1, 1, 1],
      ],
      [3999, 3000, 8000],
    ),
  ]);
  expect(buckets.slice(0, 3)).toEqual([
    { policy: 'full', bucket: '0-4k', tasks: { qasper: 50 }, average: 50 },
    { policy: 'full', bucket: '4-8k', tasks: { qasper: null }, average: null },
    { policy: 'full', bucket: '8k+', tasks: { qasper: 50 }, average: 50 },
  ]);
  expect(summariseLongBench(protocol(['qasper']), units('qasper', [[1], [1]])).buckets).toEqual([]);
});

test('differences are paired by sample: what is common to both policies adds no uncertainty', () => {
  const shared = Array.from({ length: 40 }, (_, i) => (i % 2) * 0.9);
  const better = shared.map((score) => score + 0.1);
  const { differences } = summariseLongBench(protocol(['qasper']), units('qasper', [shared, better]));
  expect(differences).toHaveLength(1);
  const { policy, reference, tasks, average } = differences[0];
  expect([policy, reference]).toEqual(['treekv', 'full']);
  expect(tasks.qasper.mean).toBeCloseTo(10, 9);
  expect(tasks.qasper.low).toBeCloseTo(10, 9);
  expect(average.high).toBeCloseTo(10, 9);
});

test('in the average every task counts the same, and how far tasks lie apart is no uncertainty', () => {
  const zeros = (n: number) => Array.from({ length: n }, () => 0);
  const halves = (n: number) => Array.from({ length: n }, () => 0.5);
  const certain = summariseLongBench(protocol(['qasper', 'lcc']), [
    ...units('qasper', [zeros(10), halves(10)]),
    ...units('lcc', [zeros(90), zeros(90)]),
  ]);
  const [{ average }] = certain.differences;
  expect(average.mean).toBeCloseTo(25, 9);
  // within each task all samples are equal, so nothing says how far to trust them
  expect(average).toMatchObject({ low: null, high: null });
});

test('the interval of the average is as wide as that of samples resampled within each task', () => {
  const coins = (n: number) => Array.from({ length: n }, (_, i) => i % 2);
  const zeros = (n: number) => coins(n).map(() => 0);
  const [small, large] = [50, 200];
  const { differences } = summariseLongBench(protocol(['qasper', 'lcc']), [
    ...units('qasper', [zeros(small), coins(small)]),
    ...units('lcc', [zeros(large), coins(large)]),
  ]);
  const [{ average }] = differences;
  // a task's mean of coins has the deviation 50 / sqrt(n) points; two tasks, each weighted by half
  const deviation = Math.sqrt(2500 / small + 2500 / large) / 2;
  expect(average.mean).toBeCloseTo(50, 9);
  expect(((average.high ?? 0) - (average.low ?? 0)) / (2 * 1.96 * deviation)).toBeCloseTo(1, 1);
});
