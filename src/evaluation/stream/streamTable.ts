// A stream's result as Markdown: how well each policy predicts, how they differ, and what that cost.
import { formatInterval, markdownTable } from '../../report/index.ts';
import type { StreamResult } from './evaluateStream.ts';

const MEBIBYTE = 2 ** 20;

/** Tables and the protocol in words; '-' stands for what the run was too short for. */
export function streamTable(result: StreamResult): string {
  const { summary, protocol } = result;
  return [
    markdownTable(
      ['policy', 'entries visible', 'mean nll', 'last 10 %'],
      summary.policies.map(({ name, nll, lastTenth }, p) => [
        name,
        String(protocol.policies[p].entriesVisible ?? 'all'),
        nll.toFixed(4),
        lastTenth.toFixed(4),
      ]),
    ),
    ...(summary.differences.length === 0
      ? []
      : [
          markdownTable(
            [
              'difference of mean nll',
              `mean [${100 * summary.bootstrap.level} % interval]`,
              'per doubling of length',
              'buckets',
            ],
            summary.differences.map(({ policy, minus, perDoubling, ...interval }) => [
              `${policy} less ${minus}`,
              formatInterval(interval, 4),
              perDoubling === null ? '-' : formatInterval(perDoubling, 4),
              String(interval.n),
            ]),
          ),
        ]),
    markdownTable(
      ['read together', 'cache MiB', 'ms/token, first quarter', 'last quarter', 'last / first'],
      summary.batches.map(({ policies, cacheBytes, firstQuarter, lastQuarter, ratio }) => [
        policies.join(', '),
        (cacheBytes / MEBIBYTE).toFixed(1),
        firstQuarter?.toFixed(3) ?? '-',
        lastQuarter?.toFixed(3) ?? '-',
        ratio?.toFixed(3) ?? '-',
      ]),
    ),
    notes(result).join('\n'),
  ].join('\n\n');
}

function notes({ model, protocol, summary }: StreamResult): string[] {
  const { tokens, documents, textOrder, bos, reset, stride, mean, dtype } = protocol;
  const { memory, restarts, bootstrap } = summary;
  const count = documents.length === 1 ? '1 document' : `${documents.length} documents`;
  return [
    `- ${grouped(tokens)} tokens of ${count} (${textOrder}); BOS: ${bos}; cache reset: ${reset}.`,
    `- ${model.name}, ${dtype}; read ${stride}; mean nll ${mean}.`,
    `- Intervals: bootstrap over ${bootstrap.unit}; ${grouped(bootstrap.samples)} samples, seed ${bootstrap.seed}; ` +
      'none of fewer than two blocks. Buckets count by the tokens that they score. Per doubling: least squares over ' +
      'buckets against the logarithm of the length.',
    '- Times: medians over buckets with full caches, all rows of a batch together.',
    memory === null
      ? '- Memory: fewer than two whole buckets were measured with full caches by one process.'
      : `- Memory resident: ${mebibytes(memory.firstRssBytes)} MiB in the first bucket with full caches, ` +
        `${mebibytes(memory.lastRssBytes)} MiB in the last (${signed(memory.growthMebibytes, 1)} MiB; ` +
        `${memory.rangeMebibytes.toFixed(1)} MiB between the least and the most; tokens ${grouped(memory.from)} to ${grouped(memory.to)}; ${resumed(restarts)}).`,
  ];
}

function signed(value: number, digits: number): string {
  return `${value < 0 ? '' : '+'}${value.toFixed(digits)}`;
}

function mebibytes(bytes: number): string {
  return (bytes / MEBIBYTE).toFixed(1);
}

function grouped(count: number): string {
  return count.toLocaleString('en-US');
}

function resumed(count: number): string {
  if (count === 0) return 'never resumed';
  return count === 1 ? 'resumed once' : `resumed ${count} times`;
}
