// A perplexity run as a Markdown table: policies down, contexts across, as the paper's Tables 1 and 2.
import type { PerplexityReport } from './perplexity.ts';

/** The overall numbers; a context that no document reaches shows a dash. */
export function perplexityTable(report: PerplexityReport): string {
  const { contexts, policies, overall } = report;
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const rows = policies.map(({ name, entriesVisible }) =>
    line([
      name,
      ...contexts.map((context) => {
        const found = overall.find((one) => one.policy === name && one.context === context);
        return found === undefined || found.documents === 0 ? '-' : found.perplexity.toFixed(4);
      }),
      String(entriesVisible),
    ]),
  );
  return [
    line(['policy', ...contexts.map(String), 'entries visible']),
    line(['---', ...contexts.map(() => '---:'), '---:']),
    ...rows,
  ].join('\n');
}
