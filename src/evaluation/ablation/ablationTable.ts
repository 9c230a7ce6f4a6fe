// An ablation as Markdown: a table a group, the baselines at the end of each, and under what it was measured.
import { formatInterval, markdownTable } from '../../report/index.ts';
import { dtypeNote } from '../dtypeNote.ts';
import { howMeasured } from '../howMeasured.ts';
import { formatPerplexity } from '../perplexity/index.ts';
import { policyLine } from '../policyLine.ts';
import { ablationGroups } from './ablationGroups.ts';
import type { AblationReport } from './evaluateAblation.ts';

/** The run as text. */
export function ablationTable(result: AblationReport): string {
  const { model, protocol } = result;
  const { groups, documents, reference } = protocol;
  const count = documents.length === 1 ? '1 document' : `${documents.length} documents`;
  return [
    `Ablation of ${model.name}, mean over ${count}; differences of mean negative log-likelihood (nats a token) ` +
      `from \`${reference}\`, with ${100 * protocol.bootstrap.level} % bootstrap intervals`,
    ...groups.flatMap(({ name, policies }) => [
      `**${ablationGroups[name].title}**`,
      groupTable(result, [...new Set([...policies, ...protocol.baselines])]),
    ]),
    measured(result),
    ...dtypeNote(model),
  ].join('\n\n');
}

function groupTable({ protocol, summary }: AblationReport, names: readonly string[]): string {
  const rows = names.map((name) => {
    const mean = summary.policies.find(({ policy }) => policy === name);
    const difference = summary.differences.find(({ policy }) => policy === name);
    const cache = protocol.policies.find((policy) => policy.name === name)?.cache;
    return [
      name,
      cache === undefined || cache.budget === null
        ? 'all'
        : `${cache.sinks} + ${cache.recent} + ${cache.selected}`,
      formatPerplexity(mean?.perplexity ?? null),
      mean?.nll.toFixed(4) ?? '-',
      difference === undefined ? '-' : formatInterval(difference.byDocument, 4),
      difference?.byBucket ? formatInterval(difference.byBucket, 4) : '-',
    ];
  });
  const header = ['policy', 'sinks + recent + selected', 'perplexity', 'mean nll'];
  return markdownTable([...header, 'difference by document', 'by bucket'], rows);
}

function measured({ model, protocol, summary, seconds }: AblationReport): string {
  const { documents, bos, reset, stride, firstScored, mean, dtype, limit, bucket, policies, bootstrap } =
    protocol;
  return howMeasured(
    { model, dtype, resampled: 'documents, and over buckets in blocks of neighbours', bootstrap },
    [
      `- texts: ${documents.map(({ name }) => name).join(', ')}; of each ${limit === null ? 'all' : `at most ${limit}`} tokens`,
      `- protocol: ${protocol.protocol}, ${stride}; cache reset: ${reset}; BOS: ${bos}; scored from ${firstScored}`,
      `- mean: ${mean}; buckets of ${bucket} tokens, whole ones only, each counting alike; an interval over buckets ` +
        'says nothing of other documents',
      ...policies.map((policy, p) => policyLine(policy, summary.policies[p].entriesVisible)),
      `- time: ${seconds.toFixed(1)} s`,
    ],
  );
}
