// A LongBench result as Markdown: the paper's Table 3, policies down and tasks across; then categories, LongBench-E's
// buckets, paired differences, and what the scores were measured under.
import { formatInterval, markdownTable } from '../../report/index.ts';
import { dtypeNote } from '../dtypeNote.ts';
import { budgetInWords, sessionLine } from '../sessionLine.ts';
import type { LongBenchProtocol, TaskRecord } from './longBenchProtocol.ts';
import { buckets, type LongBenchResult } from './longBenchSummary.ts';
import { categories, tasks as everyTask } from './tasks.ts';

const MEBIBYTE = 2 ** 20;

/** The tables, and the notes below them. */
export function longBenchTable(result: LongBenchResult): string {
  const { model, protocol, summary } = result;
  const labels = protocol.tasks.map(({ label }) => label);
  const names = protocol.tasks.map(({ name }) => name);
  const budgets = new Map(protocol.policies.map((policy) => [policy.name, budgetInWords(policy)]));
  const head = (policy: string): string[] => [policy, budgets.get(policy) ?? '-'];
  const scores = summary.scores.map(({ policy, tasks, average }) => [
    ...head(policy),
    ...names.map((name) => tasks[name].toFixed(2)),
    average.toFixed(2),
  ]);
  const present = categories.filter((category) => summary.scores[0].categories[category] !== null);
  const byCategory = summary.scores.map(({ policy, categories: own }) => [
    ...head(policy),
    ...present.map((category) => shown(own[category])),
  ]);
  return [
    section(
      `${protocol.benchmark}, ${model.name} ${model.dtype}: scores of 0 to 100`,
      ['policy', 'budget', ...labels, 'Avg'],
      scores,
    ),
    section('Mean over the tasks of a category', ['policy', 'budget', ...present], byCategory),
    ...bucketSections(result),
    ...differenceSection(result),
    section('What the answers took', memoryHeader, memoryRows(result)),
    ...limits(protocol),
    'How it was measured',
    protocolLines(result).join('\n'),
    ...dtypeNote(model),
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

/** What keeps the scores from being the benchmark's; nothing for a whole run. */
function limits({ benchmark, tasks }: LongBenchProtocol): string[] {
  const all = everyTask.filter(({ extended }) => benchmark === 'LongBench' || extended);
  const partial = tasks.filter(isPartial);
  const foreign = tasks.filter(({ ownTemplate }) => !ownTemplate);
  const ownLength = (name: string): number | undefined => all.find((one) => one.name === name)?.maxNewTokens;
  const otherLength = tasks.filter(({ name, maxNewTokens }) => maxNewTokens !== ownLength(name));
  const labels = (some: readonly TaskRecord[]): string => some.map(({ label }) => label).join(', ');
  const lines = [
    ...(tasks.length < all.length ? [`- ${tasks.length} of ${benchmark}'s ${all.length} tasks.`] : []),
    ...(partial.length === 0 ? [] : [`- Not the whole data: ${partial.map(extent).join(', ')}.`]),
    ...(foreign.length === 0 ? [] : [`- Templates that are not LongBench's: ${labels(foreign)}.`]),
    ...(otherLength.length === 0
      ? []
      : [`- Lengths of answers that are not LongBench's: ${labels(otherLength)}.`]),
  ];
  return lines.length === 0 ? [] : [lines.join('\n')];
}

function protocolLines({ model, protocol, units, seconds }: LongBenchResult): string[] {
  const { tasks, maxLength, truncation, spaces, chatTemplate, chatUse, bos, query, decoding, policies } =
    protocol;
  const wrapped = tasks.filter(({ chat }) => chat).map(({ label }) => label);
  const chat = chatTemplate === null ? 'none' : wrapped.join(', ');
  const most = tasks.map(({ label, maxNewTokens }) => `${label} ${maxNewTokens}`).join(', ');
  const longest = units.reduce(
    (length, { promptTokens, generated }) => Math.max(length, promptTokens + generated - 1),
    0,
  );
  const overflow = protocol.compatRecursionLimit
    ? "score 0, as there (LongBench's recursion limit)"
    : "are scored all the same (without LongBench's recursion limit)";
  return [
    `- model: ${model.name}, trained to ${model.trainedContext.toLocaleString('en-US')} tokens, ${protocol.dtype}`,
    `- prompts: at most ${maxLength} tokens; ${truncation}; spaces ${spaces}`,
    `- BOS: ${bos}; chat template (${chatUse}): ${chat}`,
    `- question: ${query}`,
    `- answers: ${decoding}; tokens at most: ${most}`,
    `- scores: ${protocol.scoring}; summaries on which its scorer overflows its stack ${overflow}`,
    `- mean: ${protocol.mean}`,
    `- intervals: ${protocol.intervals}`,
    ...policies.map((policy) => sessionLine(policy, longest)),
    `- time: ${seconds.toFixed(1)} s`,
  ];
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
