// A LongBench result as Markdown: the paper's Table 3, policies down and tasks across; then categories, LongBench-E's
// buckets, paired differences, and what the scores were measured under.
import { formatInterval, markdownTable } from '../../report/index.ts';
import type { LongBenchProtocol, TaskRecord } from './longBenchProtocol.ts';
import { buckets, type LongBenchResult } from './longBenchSummary.ts';
import { categories, tasks as everyTask } from './tasks.ts';

const MEBIBYTE = 2 ** 20;

/** The tables, and the notes below them. */
export function longBenchTable(result: LongBenchResult): string {
  const { protocol, summary } = result;
  const labels = protocol.tasks.map(({ label }) => label);
  const names = protocol.tasks.map(({ name }) => name);
  const scores = summary.scores.map(({ policy, tasks, average }) => [
    policy,
    ...names.map((name) => tasks[name].toFixed(2)),
    average.toFixed(2),
  ]);
  const present = categories.filter((category) => summary.scores[0].categories[category] !== null);
  const byCategory = summary.scores.map(({ policy, categories: own }) => [
    policy,
    ...present.map((category) => shown(own[category])),
  ]);
  return [
    section(`${protocol.benchmark}, scores of 0 to 100`, ['policy', ...labels, 'Avg'], scores),
    section('Mean over the tasks of a category', ['policy', ...present], byCategory),
    ...bucketSections(result),
    ...differenceSection(result),
    section('What the answers took', memoryHeader, memoryRows(result)),
    notes(protocol),
  ].join('\n\n');
}

function section(title: string, header: readonly string[], rows: readonly (readonly string[])[]): string {
  return `**${title}**\n\n${markdownTable(header, rows)}`;
}

function bucketSections({ protocol, summary }: LongBenchResult): string[] {
  if (summary.buckets.length === 0) return [];
  const header = ['policy', 'words', ...protocol.tasks.map(({ label }) => label), 'Avg'];
  const rows = summary.buckets.map(({ policy, bucket, tasks, average }) => [
    policy,
    bucket,
    ...protocol.tasks.map(({ name }) => shown(tasks[name])),
    shown(average),
  ]);
  return [section(`By length in words (${buckets.join(', ')})`, header, rows)];
}

function differenceSection({ protocol, summary }: LongBenchResult): string[] {
  const { differences } = summary;
  if (differences.length === 0) return [];
  const header = ['task', ...differences.map(({ policy, reference }) => `${policy} - ${reference}`)];
  const rows = protocol.tasks.map(({ name, label }) => [
    label,
    ...differences.map(({ tasks }) => formatInterval(tasks[name], 2)),
  ]);
  const average = ['Avg', ...differences.map((one) => formatInterval(one.average, 2))];
  return [section('Paired differences in points, with 95 % intervals', header, [...rows, average])];
}

const memoryHeader = ['policy', 'prompt tokens', 'entries kept', 'tokens written', 'peak cache, MiB'];

function memoryRows({ protocol, units }: LongBenchResult): string[][] {
  return protocol.policies.map(({ name }) => {
    const own = units.filter(({ policy }) => policy === name);
    const mean = (figure: 'promptTokens' | 'kept' | 'generated'): string =>
      (own.reduce((sum, unit) => sum + unit[figure], 0) / own.length).toFixed(1);
    const peak = own.reduce((most, { peakCacheBytes }) => Math.max(most, peakCacheBytes), 0);
    return [name, mean('promptTokens'), mean('kept'), mean('generated'), (peak / MEBIBYTE).toFixed(1)];
  });
}

function notes(protocol: LongBenchProtocol): string {
  const { tasks, maxLength, truncation, chatTemplate, chatUse, query, mean, intervals, dtype } = protocol;
  const partial = tasks.filter(isPartial);
  const foreign = tasks.filter(({ ownTemplate }) => !ownTemplate);
  const wrapped = tasks.filter(({ chat }) => chat).map(({ label }) => label);
  const chat = chatTemplate === null ? 'none' : wrapped.join(', ');
  return [
    `- Prompts: at most ${maxLength} tokens; ${truncation}. Chat template (${chatUse}): ${chat}.`,
    `- Query ${query}. ${dtype}.`,
    `- Mean: ${mean}.`,
    `- Intervals: ${intervals}.`,
    ...(tasks.length < everyTask.length
      ? [`- ${tasks.length} of LongBench's ${everyTask.length} tasks.`]
      : []),
    ...(partial.length === 0 ? [] : [`- Not the whole data: ${partial.map(extent).join(', ')}.`]),
    ...(foreign.length === 0
      ? []
      : [`- Templates that are not LongBench's: ${foreign.map(({ label }) => label).join(', ')}.`]),
  ].join('\n');
}

function isPartial({ part, samples, samplesInFile, published }: TaskRecord): boolean {
  return part || samples < samplesInFile || (published !== null && samples !== published);
}

function extent({ label, samples, file, published }: TaskRecord): string {
  return `${label} ${samples}${published === null ? '' : ` of ${published}`} samples (${file})`;
}

function shown(score: number | null): string {
  return score === null ? '-' : score.toFixed(2);
}
