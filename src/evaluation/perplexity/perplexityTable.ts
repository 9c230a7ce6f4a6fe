// A perplexity run as Markdown: policies down, contexts or windows across, as the paper's Tables 1 and 2; below it
// how the policies differ, each document, and under what all of it was measured.
import { formatInterval, markdownTable } from '../../report/index.ts';
import { dtypeNote } from '../dtypeNote.ts';
import { howMeasured } from '../howMeasured.ts';
import { policyLine } from '../policyLine.ts';
import type { PerplexityReport } from './evaluatePerplexity.ts';

/** The run as text; a column that no document reaches shows a dash. */
export function perplexityTable(result: PerplexityReport): string {
  const { model, protocol, summary } = result;
  const { documents, reference } = protocol;
  const parts = [
    `Perplexity of ${model.name}, lower is better; mean over ${plural(documents.length, 'document')}`,
    meansTable(result),
    ...summary.tooShort.map(
      ({ column, documents: names }) =>
        `Shorter than ${count(column)} tokens, so not in that column: ${names.join(', ')}`,
    ),
  ];
  if (summary.differences.length > 0) {
    const { level } = protocol.bootstrap;
    const what = `Mean negative log-likelihood (nats a token) less that of \`${reference}\`, paired by document`;
    parts.push(`${what}, with ${100 * level} % bootstrap intervals over documents`, differencesTable(result));
  }
  parts.push('Each document', documentsTable(result), measured(result));
  parts.push(...dtypeNote(model));
  return parts.join('\n\n');
}

function meansTable({ protocol, summary }: PerplexityReport): string {
  const { columns, joined } = protocol;
  const rows = summary.policies.map(({ policy, allTokens, entriesVisible }) => [
    policy,
    ...columns.map((column) => {
      const found = summary.means.find((one) => one.policy === policy && one.column === column);
      return formatPerplexity(found?.perplexity ?? null);
    }),
    // The figure of a run that never resets, as StreamingLLM's authors take it.
    ...(joined ? [formatPerplexity(allTokens?.perplexity ?? null)] : []),
    count(entriesVisible),
  ]);
  const header = ['policy', ...columns.map(count), ...(joined ? ['all tokens'] : []), 'entries visible'];
  return markdownTable(header, rows);
}

function differencesTable({ protocol, summary }: PerplexityReport): string {
  const { columns, policies, reference } = protocol;
  const rows = policies
    .filter(({ name }) => name !== reference)
    .map(({ name }) => [
      name,
      ...columns.map((column) => {
        const found = summary.differences.find((one) => one.policy === name && one.column === column);
        return found === undefined ? '-' : formatInterval(found, 4);
      }),
    ]);
  return markdownTable(['policy', ...columns.map(count)], rows);
}

function documentsTable({ protocol, units }: PerplexityReport): string {
  const { documents, policies, columns } = protocol;
  const means = new Map(
    units.flatMap(({ document, policy, means: own }) =>
      own.map(({ column, nll }) => [JSON.stringify([document, policy, column]), nll] as const),
    ),
  );
  const rows = documents.flatMap(({ name, tokens }) =>
    columns
      .map((column) => ({
        column,
        nlls: policies.map((policy) => means.get(JSON.stringify([name, policy.name, column]))),
      }))
      .filter(({ nlls }) => nlls.some((nll) => nll !== undefined))
      .map(({ column, nlls }) => [
        name,
        count(tokens),
        count(column),
        ...nlls.map((nll) => formatPerplexity(nll === undefined ? null : Math.exp(nll))),
      ]),
  );
  const what = protocol.protocol === 'stream' ? 'context' : 'window';
  return markdownTable(['document', 'tokens', what, ...policies.map(({ name }) => name)], rows);
}

function measured({ model, protocol, summary, seconds }: PerplexityReport): string {
  const { textOrder, bos, window, stride, reset, firstScored, mean, dtype, limit, policies, bootstrap } =
    protocol;
  return howMeasured({ model, dtype, resampled: 'documents', bootstrap }, [
    `- protocol: ${protocol.protocol}; ${textOrder}; cache reset: ${reset}`,
    `- BOS: ${bos}`,
    `- window: ${window}; stride: ${stride}`,
    `- scored: ${firstScored}; of each document ${limit === null ? 'all' : `the first ${count(limit)}`} tokens`,
    `- mean: ${mean}`,
    ...policies.map((policy, p) => policyLine(policy, summary.policies[p].entriesVisible)),
    `- time: ${seconds.toFixed(1)} s`,
  ]);
}

/** Four digits behind the point, as long as they say something. */
export function formatPerplexity(perplexity: number | null): string {
  if (perplexity === null) return '-';
  return perplexity < 1000 ? perplexity.toFixed(4) : perplexity.toPrecision(4);
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}

function plural(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
