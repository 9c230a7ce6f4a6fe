// Prefill results of several texts as Markdown: methods down, budgets across. Means are over the texts, each the
// mean over its tokens, so that every text counts alike.
import type { PrefillCase, PrefillResult } from './prefillPerplexity.ts';

const MEBIBYTE = 2 ** 20;

/** Perplexities, then peak and final bytes of the caches. @param texts the results of each text. */
export function prefillTables(
  cases: readonly PrefillCase[],
  texts: readonly (readonly PrefillResult[])[],
): string {
  const means = (value: (result: PrefillResult) => number) =>
    new Map(
      cases.map(({ name }) => {
        const values = texts.flatMap((results) => results.filter((one) => one.name === name).map(value));
        return [name, values.reduce((sum, one) => sum + one, 0) / values.length];
      }),
    );
  const mebibytes = (value: number) => (value / MEBIBYTE).toFixed(1);
  return [
    pivot(
      `Perplexity, ${texts.length} texts`,
      cases,
      means(({ nll }) => nll),
      (nll) => Math.exp(nll).toFixed(3),
    ),
    pivot(
      'Peak cache, MiB',
      cases,
      means(({ peakCacheBytes }) => peakCacheBytes),
      mebibytes,
    ),
    pivot(
      'Final cache, MiB',
      cases,
      means(({ finalCacheBytes }) => finalCacheBytes),
      mebibytes,
    ),
  ].join('\n');
}

/** A line a method and mode, a column a budget. */
function pivot(
  title: string,
  cases: readonly PrefillCase[],
  values: ReadonlyMap<string, number>,
  shown: (value: number) => string,
): string {
  const budgets = [...new Set(cases.map(({ cache }) => cache.budget))].sort(
    (a, b) => (a ?? Infinity) - (b ?? Infinity),
  );
  const labels = [...new Set(cases.map(label))];
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const rows = labels.map((own) =>
    line([
      own,
      ...budgets.map((budget) => {
        const found = cases.find((one) => label(one) === own && one.cache.budget === budget);
        return found === undefined ? '' : shown(values.get(found.name) ?? Number.NaN);
      }),
    ]),
  );
  return [
    `**${title}**\n`,
    line(['method, mode', ...budgets.map((budget) => (budget === null ? 'all' : String(budget)))]),
    line(['---', ...budgets.map(() => '---:')]),
    ...rows,
    '',
  ].join('\n');
}

function label({ prefill, cache }: PrefillCase): string {
  if (prefill.mode === 'chunked') return `${cache.policy}, chunked`;
  const { method, block } = prefill;
  const then = method === cache.policy ? '' : `, then ${cache.policy}`;
  return `${method}${block === undefined ? '' : ` b = ${block}`}, full${then}`;
}
