// A result of RULER's files as Markdown: policies down, tasks across, scores out of 100 with two digits as RULER prints
// them, each with its interval and its number of samples; then each pair of policies on the same samples, and under
// what all of it was measured.
import { type MeanInterval, markdownTable } from '../../report/index.ts';
import { dtypeNote } from '../dtypeNote.ts';
import { roundToHundredths } from '../pythonRound.ts';
import { budgetInWords } from '../sessionLine.ts';
import type { RulerResult } from './evaluateRuler.ts';
import { readingLines } from './readingLines.ts';

/** The tables of a result. */
export function rulerTable(result: RulerResult): string {
  const { model, protocol, summary } = result;
  const { files, policies } = protocol;
  const header = ['policy', 'budget', ...files.map(({ task, samples }) => `${task}, n = ${samples}`)];
  const rows = policies.map((policy) => [
    ...[policy.name, budgetInWords(policy)],
    ...files.map(({ task }) => {
      const found = summary.means.find((mean) => mean.policy === policy.name && mean.task === task);
      return found === undefined ? '-' : inHundred(found);
    }),
  ]);
  const pairs = summary.pairs.map(({ first, second, difference }) => [
    ...[first, second, String(difference.n)],
    inHundred(difference),
  ]);
  const parts = [
    `**RULER, ${model.name} ${model.dtype}**`,
    'Scores out of 100 [95 %].',
    markdownTable(header, rows),
  ];
  if (pairs.length > 0) {
    const paired = ['first', 'second', 'n', 'first - second [95 %]'];
    parts.push(markdownTable(paired, pairs, ['left', 'left', 'right', 'right']));
  }
  return [...parts, 'How it was measured', protocolLines(result).join('\n'), ...dtypeNote(model)].join(
    '\n\n',
  );
}

function protocolLines({ model, protocol, units, seconds }: RulerResult): string[] {
  const { files, question, scored, intervals } = protocol;
  const written = new Map(files.map(({ task, rules }) => [task, rules.maxNewTokens]));
  const longest = units.reduce(
    (most, { task, tokens }) => Math.max(most, tokens + (written.get(task) ?? 0) - 1),
    0,
  );
  return readingLines({ model, protocol, longest, seconds }, [
    `- the question is ${question}`,
    `- files: ${files.map(({ name }) => name).join(', ')}`,
    `- scored: ${scored}; tokens written at most: ${files.map(({ task, rules }) => `${task} ${rules.maxNewTokens}`).join(', ')}`,
    `- intervals: ${intervals}`,
  ]);
}

/** Rounded as RULER's scorer does, which is Python's. */
function inHundred({ mean, low, high }: MeanInterval): string {
  const shown = (value: number): string => roundToHundredths(100 * value).toFixed(2);
  return low === null || high === null ? shown(mean) : `${shown(mean)} [${shown(low)}, ${shown(high)}]`;
}
