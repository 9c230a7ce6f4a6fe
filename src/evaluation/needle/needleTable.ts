// A grid of needles as Markdown: lengths down and depths across for every policy, rates with their intervals and how
// many prompts they are of; then policies as a whole, and each pair on the same prompts.
import { formatInterval, markdownTable } from '../../report/index.ts';
import type { NeedleResult } from './evaluateNeedle.ts';
import type { NeedleProtocol } from './needleProtocol.ts';
import type { HitRate, NeedleSummary } from './needleSummary.ts';

/** The tables of a result. */
export function needleTable({ model, protocol, summary }: NeedleResult): string {
  const { name, dtype } = model;
  const { task, needle, ask, score, samples, seed, filler } = protocol;
  const head = [
    `**Needle: ${task}, ${name} ${dtype}**`,
    '',
    `Answer ${needle}, asked by ${ask}, scored by ${score}; ${samples} prompts a cell, seed ${seed}` +
      `${filler === null ? '' : `; filler ${filler.name}`}${protocol.chat === null ? '' : '; chat template'}. ` +
      `Prompts have exactly the tokens named. Question: ${protocol.queryInWords}. ` +
      `A hit: ${protocol.scored}. Intervals: ${protocol.intervals}.`,
  ].join('\n');
  const tables = [head, cells(summary, protocol), policies(summary), pairs(summary)];
  return tables.filter((table) => table !== '').join('\n\n');
}

function cells({ cells: all }: NeedleSummary, { lengths, depths, policies: named }: NeedleProtocol): string {
  const rows = named.flatMap(({ name }) =>
    lengths.map((length) => [
      name,
      String(length),
      ...depths.map((depth) => {
        const found = all.find(
          (cell) => cell.policy === name && cell.length === length && cell.depth === depth,
        );
        return found === undefined ? '-' : rateInWords(found);
      }),
    ]),
  );
  return markdownTable(['policy', 'length', ...depths.map((depth) => `depth ${depth}`)], rows);
}

function policies({ policies: all }: NeedleSummary): string {
  const scored = all.some(({ nll }) => nll !== null);
  const header = ['policy', 'rate [95 %], n', scored ? 'nll per answer token [95 %]' : 'exact'];
  const rows = all.map((one) => [
    one.policy,
    rateInWords(one),
    one.nll === null ? `${one.exact} of ${one.n}` : formatInterval(one.nll, 3),
  ]);
  return markdownTable(header, rows);
}

function pairs({ pairs: all }: NeedleSummary): string {
  if (all.length === 0) return '';
  const scored = all.some(({ nll }) => nll !== null);
  const header = ['first', 'second', 'only first', 'only second', 'n', 'rate, first - second [95 %]'];
  const rows = all.map((one) => [
    ...[one.first, one.second, String(one.onlyFirst), String(one.onlySecond), String(one.n)],
    formatInterval(one.rate, 2),
    ...(one.nll === null ? [] : [formatInterval(one.nll, 3)]),
  ]);
  const align = header.map((_, column) => (column < 2 ? 'left' : 'right'));
  return markdownTable(
    scored ? [...header, 'nll, first - second [95 %]'] : header,
    rows,
    scored ? [...align, 'right'] : align,
  );
}

/** `0.80 [0.49, 0.94], 10`. */
export function rateInWords({ rate, low, high, n }: Pick<HitRate, 'rate' | 'low' | 'high' | 'n'>): string {
  return `${rate.toFixed(2)} [${low.toFixed(2)}, ${high.toFixed(2)}], ${n}`;
}
