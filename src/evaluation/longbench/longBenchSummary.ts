// LongBench's scores from its units, as LongBench prints them: per task, then over the tasks of a category and over
// all; LongBench-E by length; and how sure the differences between policies are.
import { bootstrapMean, type MeanInterval, type Result } from '../../report/index.ts';
import { mean } from '../mean.ts';
import { roundToHundredths } from '../pythonRound.ts';
import type { LongBenchProtocol } from './longBenchProtocol.ts';
import type { LongBenchUnit } from './longBenchUnit.ts';
import { numpyHundredths, numpyMean } from './metrics/numpyMean.ts';
import { type Category, categories } from './tasks.ts';

/** Scores of 0 to 100 under one policy. */
export interface PolicyScores {
  /** The cache or session, by the name that tables give it. */
  readonly policy: string;
  /** By task. */
  readonly tasks: Readonly<Record<string, number>>;
  /** By category; null where none of its tasks was run. */
  readonly categories: Readonly<Record<Category, number | null>>;
  /** Mean over the tasks, 0 to 100. */
  readonly average: number;
}

/** LongBench-E's ranges of `length`. */
export type Bucket = '0-4k' | '4-8k' | '8k+';

/** Scores under one policy for samples of one range; null where there is none. */
export interface BucketScores {
  /** The cache or session, by the name that tables give it. */
  readonly policy: string;
  /** The range of lengths. */
  readonly bucket: Bucket;
  /** By task; null where no sample is of the range. */
  readonly tasks: Readonly<Record<string, number | null>>;
  /** Mean over the tasks that have samples of the range, 0 to 100; null where none has. */
  readonly average: number | null;
}

/** The first policy's points less the second's, over the same samples. */
export interface PolicyDifference {
  /** The cache or session, by the name that tables give it. */
  readonly policy: string;
  /** The policy that is subtracted. */
  readonly reference: string;
  /** By task, paired by sample. */
  readonly tasks: Readonly<Record<string, MeanInterval>>;
  /** Of the average over tasks. */
  readonly average: MeanInterval;
}

/** What a run of LongBench comes to. */
export interface LongBenchSummary {
  /** Scores of each policy. */
  readonly scores: readonly PolicyScores[];
  /** Empty for LongBench itself. */
  readonly buckets: readonly BucketScores[];
  /** Each two policies. */
  readonly differences: readonly PolicyDifference[];
}

/** A run, whole. */
export type LongBenchResult = Result<LongBenchProtocol, LongBenchUnit, LongBenchSummary>;

/** The buckets, in the order of tables. */
export const buckets: readonly Bucket[] = ['0-4k', '4-8k', '8k+'];

type Scored = Pick<LongBenchUnit, 'task' | 'policy' | 'score' | 'length'>;

/** Task and policies are those of the protocol; a policy's samples of a task are in the order of the data. */
export function summariseLongBench(
  { benchmark, tasks, policies }: Pick<LongBenchProtocol, 'benchmark' | 'tasks' | 'policies'>,
  units: readonly Scored[],
): LongBenchSummary {
  const names = policies.map(({ name }) => name);
  const samples = new Map<string, Map<string, Scored[]>>(names.map((name) => [name, new Map()]));
  for (const unit of units) {
    const own = samples.get(unit.policy);
    own?.set(unit.task, [...(own.get(unit.task) ?? []), unit]);
  }
  const of = (policy: string, task: string): readonly Scored[] => samples.get(policy)?.get(task) ?? [];
  return {
    scores: names.map((policy) => scoresOf(policy, tasks, of)),
    buckets:
      benchmark === 'LongBench'
        ? []
        : names.flatMap((policy) => buckets.map((bucket) => bucketScores(policy, bucket, tasks, of))),
    differences: names.flatMap((reference, i) =>
      names.slice(i + 1).map((policy) => differenceOf(policy, reference, tasks, of)),
    ),
  };
}

type Tasks = readonly { readonly name: string; readonly category: Category }[];
type Samples = (policy: string, task: string) => readonly Scored[];

function scoresOf(policy: string, tasks: Tasks, of: Samples): PolicyScores {
  const scores = new Map(tasks.map(({ name }) => [name, taskScore(of(policy, name))]));
  const meanOf = (wanted: Tasks): number | null =>
    meanOfTasks(wanted.map(({ name }) => scores.get(name) ?? null));
  return {
    policy,
    tasks: Object.fromEntries(scores),
    categories: Object.fromEntries(
      categories.map((name) => [name, meanOf(tasks.filter(({ category }) => category === name))]),
    ) as PolicyScores['categories'],
    average: meanOf(tasks) ?? Number.NaN,
  };
}

/** As LongBench's eval.py: summed one by one, multiplied, divided, rounded. */
function taskScore(samples: readonly Scored[]): number {
  const total = samples.reduce((sum, { score }) => sum + score, 0);
  return roundToHundredths((100 * total) / samples.length);
}

function bucketScores(policy: string, bucket: Bucket, tasks: Tasks, of: Samples): BucketScores {
  const scores = tasks.map(({ name }): [string, number | null] => {
    const inside = of(policy, name).filter(({ length }) => bucketOf(length) === bucket);
    if (inside.length === 0) return [name, null];
    return [name, numpyHundredths(100 * numpyMean(inside.map(({ score }) => score)))];
  });
  return {
    ...{ policy, bucket, tasks: Object.fromEntries(scores) },
    average: meanOfTasks(scores.map(([, score]) => score)),
  };
}

/** The range in which a number of words lies. */
export function bucketOf(length: number): Bucket {
  if (length < 4000) return '0-4k';
  return length < 8000 ? '4-8k' : '8k+';
}

/** Over the scores as they are printed, so that a reader gets the same from the table. */
function meanOfTasks(scores: readonly (number | null)[]): number | null {
  const there = scores.filter((score) => score !== null);
  if (there.length === 0) return null;
  return roundToHundredths(mean(there));
}

function differenceOf(policy: string, reference: string, tasks: Tasks, of: Samples): PolicyDifference {
  const points = tasks.map(({ name }) => {
    const others = of(reference, name);
    return of(policy, name).map(({ score }, i) => 100 * (score - others[i].score));
  });
  return {
    ...{ policy, reference },
    tasks: Object.fromEntries(tasks.map(({ name }, t) => [name, bootstrapMean(points[t])])),
    average: bootstrapMean(evenly(points)),
  };
}

/**
 * Values of all tasks in one list, for a mean in which every task counts the same: a value's distance from its task's
 * mean is weighted against the task's size. Its bootstrap then has the variance of resampling within each task; how
 * far the tasks lie apart, which is no chance, adds nothing.
 */
function evenly(points: readonly (readonly number[])[]): number[] {
  const count = points.reduce((sum, values) => sum + values.length, 0);
  const means = points.map(mean);
  const average = mean(means);
  return points.flatMap((values, t) => {
    const weight = count / (points.length * values.length);
    return values.map((value) => average + weight * (value - means[t]));
  });
}
