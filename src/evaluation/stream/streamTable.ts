// A stream's result as Markdown: how well each policy predicts, how they differ, what that cost, and under what all of
// it was measured.
import { formatInterval, markdownTable } from '../../report/index.ts';
import { dtypeNote } from '../dtypeNote.ts';
import { howMeasured } from '../howMeasured.ts';
import { policyLine } from '../policyLine.ts';
import type { StreamResult } from './evaluateStream.ts';

const MEBIBYTE = 2 ** 20;

const aboutDifferences =
  '- differences: buckets count by the tokens that they score; per doubling of length: least squares over buckets ' +
  'against the logarithm of the length; no interval of fewer than two blocks';

/** Tables and the protocol in words; '-' stands for what the run was too short for. */
export function streamTable(result: StreamResult): string {
  const { model, protocol, summary } = result;
  const { documents, tokens } = protocol;
  const texts = documents.length === 1 ? '1 document' : `${documents.length} documents`;
  return [
    `Mean negative log-likelihood (nats a token) under ${model.name}, lower is better; ${count(tokens)} tokens of ${texts}`,
    meansTable(result),
    ...(summary.differences.length === 0 ? [] : [differencesTable(result)]),
    costTable(result),
    memoryLine(result),
    measured(result),
    ...dtypeNote(model),
  ].join('\n\n');
}

function meansTable({ protocol, summary }: StreamResult): string {
  const rows = summary.policies.map(({ name, nll, lastTenth }, p) => {
    const { entriesVisible } = protocol.policies[p];
    const visible = entriesVisible === null ? 'all' : count(entriesVisible);
    return [name, visible, nll.toFixed(4), lastTenth.toFixed(4)];
  });
  return markdownTable(['policy', 'entries visible', 'mean nll', 'last 10 %'], rows);
}

function differencesTable({ summary }: StreamResult): string {
  const header = [
    'difference of mean nll',
    `mean [${100 * summary.bootstrap.level} % interval]`,
    'per doubling of length',
    'buckets',
  ];
  const rows = summary.differences.map(({ policy, minus, perDoubling, ...interval }) => [
    `${policy} less ${minus}`,
    formatInterval(interval, 4),
    perDoubling === null ? '-' : formatInterval(perDoubling, 4),
    String(interval.n),
  ]);
  return markdownTable(header, rows);
}

function costTable({ summary }: StreamResult): string {
  const header = ['read together', 'cache MiB', 'ms/token, first quarter', 'last quarter', 'last / first'];
  const rows = summary.batches.map(({ policies, cacheBytes, firstQuarter, lastQuarter, ratio }) => [
    policies.join(', '),
    mebibytes(cacheBytes),
    firstQuarter?.toFixed(3) ?? '-',
    lastQuarter?.toFixed(3) ?? '-',
    ratio?.toFixed(3) ?? '-',
  ]);
  return markdownTable(header, rows);
}

function memoryLine({ summary: { memory, restarts } }: StreamResult): string {
  if (memory === null)
    return 'Memory: fewer than two whole buckets were measured with full caches by one process.';
  return (
    `Memory resident: ${mebibytes(memory.firstRssBytes)} MiB in the first bucket with full caches, ` +
    `${mebibytes(memory.lastRssBytes)} MiB in the last (${signed(memory.growthMebibytes, 1)} MiB; ` +
    `${memory.rangeMebibytes.toFixed(1)} MiB between the least and the most; tokens ${count(memory.from)} to ` +
    `${count(memory.to)}; ${resumed(restarts)}).`
  );
}

function measured({ model, protocol, summary, seconds }: StreamResult): string {
  const { documents, tokens, textOrder, bos, window, stride, reset, firstScored, mean, dtype } = protocol;
  const { bootstrap } = summary;
  return howMeasured({ model, dtype, resampled: bootstrap.unit, bootstrap }, [
    `- texts: ${documents.map(({ name }) => name).join(', ')}`,
    `- protocol: ${protocol.protocol}; ${textOrder}: ${count(tokens)} tokens; cache reset: ${reset}`,
    `- BOS: ${bos}`,
    `- window: ${window}; stride: ${stride}`,
    `- scored: from ${firstScored}`,
    `- mean: ${mean}`,
    ...(summary.differences.length === 0 ? [] : [aboutDifferences]),
    '- ms/token: medians over buckets with full caches, all rows of a batch together',
    ...protocol.policies.map((policy) => policyLine(policy, policy.entriesVisible)),
    `- time: ${seconds.toFixed(1)} s`,
  ]);
}

function signed(value: number, digits: number): string {
  return `${value < 0 ? '' : '+'}${value.toFixed(digits)}`;
}

function mebibytes(bytes: number): string {
  return (bytes / MEBIBYTE).toFixed(1);
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}

function resumed(times: number): string {
  if (times === 0) return 'never resumed';
  return times === 1 ? 'resumed once' : `resumed ${times} times`;
}
