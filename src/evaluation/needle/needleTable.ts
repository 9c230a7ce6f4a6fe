// A grid of needles as Markdown: lengths down and depths across for every policy, rates with their intervals and how
// many prompts they are of; then policies as a whole, each pair on the same prompts, and under what all of it was
// measured.
import { formatInterval, markdownTable } from '../../report/index.ts';
import { dtypeNote } from '../dtypeNote.ts';
import { budgetInWords } from '../sessionLine.ts';
import type { NeedleResult } from './evaluateNeedle.ts';
import type { NeedleProtocol } from './needleProtocol.ts';
import type { HitRate, NeedleSummary, Rate } from './needleSummary.ts';
import { readingLines } from './readingLines.ts';

/** The tables of a result. */
export function needleTable(result: NeedleResult): string {
  const { model, protocol, summary } = result;
  const { task, needle, ask, score, samples } = protocol;
  const parts = [
    `**Needle: ${task}, ${model.name} ${model.dtype}**`,
    `Answer ${needle}, asked by ${ask}, scored by ${score}; ${samples} prompts a cell, each with exactly the tokens ` +
      'named. A cell: rate of hits [95 %], prompts; and that of exact matches where it is another.',
    cells(summary, protocol),
    policies(summary, protocol),
    pairs(summary),
    'How it was measured',
    protocolLines(result).join('\n'),
    ...dtypeNote(model),
  ];
  return parts.filter((part) => part !== '').join('\n\n');
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
        return found === undefined ? '-' : hitsInWords(found);
      }),
    ]),
  );
  return markdownTable(['policy', 'length', ...depths.map((depth) => `depth ${depth}`)], rows);
}

function policies({ policies: all }: NeedleSummary, { policies: named }: NeedleProtocol): string {
  const scored = all.some(({ nll }) => nll !== null);
  const header = [
    'policy',
    'budget',
    'rate [95 %], n',
    scored ? 'nll per answer token [95 %]' : 'exact [95 %], n',
  ];
  const rows = all.map((one, p) => [
    ...[one.policy, budgetInWords(named[p]), rateInWords(one)],
    one.nll === null ? rateInWords(one.exact) : formatInterval(one.nll, 3),
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

function protocolLines({ model, protocol, units, seconds }: NeedleResult): string[] {
  const { filler, seed, draws, placement, promptLength, scored, maxNewTokens, intervals, lengths } = protocol;
  const off = units.reduce(
    (most, { depth, depthReached }) => Math.max(most, Math.abs(depthReached - depth)),
    0,
  );
  const behind = units.reduce((most, { score }) => Math.max(most, 'tokens' in score ? score.tokens : 0), 0);
  const longest = Math.max(...lengths) + (maxNewTokens ?? behind) - 1;
  return readingLines({ model, protocol, longest, seconds }, [
    `- prompts: ${filler === null ? 'no filler' : `filler ${filler.name}`}; length ${promptLength}; seed ${seed}: ${draws}`,
    `- needle: ${placement}; the depth reached is at most ${off.toFixed(2)} from the one asked for`,
    `- a hit: ${scored}${maxNewTokens === null ? '' : `; at most ${maxNewTokens} tokens are written`}`,
    `- intervals: ${intervals}`,
  ]);
}

function hitsInWords(found: HitRate): string {
  const { exact } = found;
  const same = exact.hits === found.hits;
  return `${rateInWords(found)}${same ? '' : `; exact ${intervalInWords(exact)}`}`;
}

/** `0.80 [0.49, 0.94], 10`. */
function rateInWords(rate: Rate): string {
  return `${intervalInWords(rate)}, ${rate.n}`;
}

function intervalInWords({ rate, low, high, n }: Rate): string {
  return formatInterval({ mean: rate, low, high, n }, 2);
}
