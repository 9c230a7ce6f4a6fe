// A result of RULER's files as Markdown: policies down, tasks across, scores out of 100 with two digits as RULER prints
// them, each with its interval and its number of samples; then each pair of policies on the same samples.
import { formatInterval, type MeanInterval, markdownTable } from '../../report/index.ts';
import type { RulerResult } from './evaluateRuler.ts';

/** The tables of a result. */
export function rulerTable({ model, protocol, summary }: RulerResult): string {
  const { files, policies, chat } = protocol;
  const header = ['policy', ...files.map(({ task, samples }) => `${task}, n = ${samples}`)];
  const rows = policies.map(({ name }) => [
    name,
    ...files.map(({ task }) => {
      const found = summary.means.find((mean) => mean.policy === name && mean.task === task);
      return found === undefined ? '-' : formatInterval(inHundred(found), 2);
    }),
  ]);
  const pairs = summary.pairs.map(({ first, second, difference }) => [
    ...[first, second, String(difference.n)],
    formatInterval(inHundred(difference), 2),
  ]);
  const words =
    `Scores out of 100: ${protocol.scored}${chat === null ? '' : '; chat template'}. Question: ` +
    `${protocol.queryInWords}. Intervals: ${protocol.intervals}.`;
  const tables = [`**RULER, ${model.name} ${model.dtype}**\n\n${words}`, markdownTable(header, rows)];
  if (pairs.length > 0) {
    const paired = ['first', 'second', 'n', 'first - second [95 %]'];
    tables.push(markdownTable(paired, pairs, ['left', 'left', 'right', 'right']));
  }
  return tables.join('\n\n');
}

function inHundred({ mean, low, high, n }: MeanInterval): MeanInterval {
  return {
    mean: 100 * mean,
    low: low === null ? null : 100 * low,
    high: high === null ? null : 100 * high,
    n,
  };
}
