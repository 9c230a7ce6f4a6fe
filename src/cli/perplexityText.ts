// A perplexity report for people: the table, each document, and the protocol in words.
import { type PerplexityReport, type PolicyReport, perplexityTable } from '../evaluation/index.ts';
import { formatBytes, formatCount, textTable } from './textTable.ts';

/** The report as text; the table is Markdown, to be pasted. */
export function perplexityText(report: PerplexityReport, dtype: string): string {
  const { model, seconds, tokensPerSecond, cacheBytes, tooShort, documents } = report;
  const parts = [
    `Perplexity of ${model.name}, lower is better; mean over ${plural(documents.length, 'document')}\n\n` +
      perplexityTable(report),
    ...tooShort.map(
      ({ context, documents: names }) =>
        `Shorter than ${formatCount(context)} tokens, so not in that column: ${names.join(', ')}`,
    ),
    `Each document\n\n${documentTable(report)}`,
    `How it was measured\n\n${protocolLines(report)}`,
  ];
  if (dtype !== 'fp32') {
    parts.push(
      `Note: the weights are ${dtype}. Tables that compare policies should be fp32 ` +
        '(-m FOLDER --dtype fp32, with the folder of the original model).',
    );
  }
  parts.push(
    `${seconds.toFixed(1)} s, ${tokensPerSecond.toFixed(0)} tokens/s over all rows, caches ${formatBytes(cacheBytes)} at most`,
  );
  return `${parts.join('\n\n')}\n`;
}

function documentTable({ documents, policies, contexts }: PerplexityReport): string {
  const rows = documents.flatMap(({ name, tokens, results }) =>
    contexts
      .filter((context) => results.some((one) => one.context === context))
      .map((context) => [
        name,
        formatCount(tokens),
        formatCount(context),
        ...policies.map(({ name: policy }) => {
          const found = results.find((one) => one.policy === policy && one.context === context);
          return found === undefined ? '-' : found.perplexity.toFixed(4);
        }),
      ]),
  );
  return textTable([['document', 'tokens', 'context', ...policies.map(({ name }) => name)], ...rows]);
}

function protocolLines({ protocol, policies, model }: PerplexityReport): string {
  const { textOrder, bos, window, stride, reset, firstScored, mean, dtype } = protocol;
  const lines: readonly (readonly [string, string])[] = [
    ['model', `${model.name}, trained to ${formatCount(model.trainedContext)} tokens, ${dtype}`],
    ['protocol', `${protocol.protocol}: ${textOrder}, reset ${reset}`],
    ['BOS', bos],
    ['window', window],
    ['stride', stride],
    ['first scored', firstScored],
    ['mean', mean],
    ...policies.flatMap(policyLines),
  ];
  const width = Math.max(...lines.map(([what]) => what.length)) + 2;
  return lines.map(([what, value]) => `${what.padEnd(width)}${value}`).join('\n');
}

function policyLines({ name, cache, card, entriesVisible }: PolicyReport): [string, string][] {
  const { budget, sinks, recent, selected } = cache;
  const split = `${sinks} sinks + ${recent} recent + ${selected} selected`;
  const kept = budget === null ? 'keeps everything' : `keeps ${formatCount(budget)} = ${split}`;
  return [
    [name, `${kept}; ${formatCount(entriesVisible)} entries visible at most`],
    ['', `score: ${card.score}; evicts: ${card.when}`],
    ['', `sharing: ${card.sharing}; group: ${card.group}`],
    ['', `positions: ${card.positions}; order: ${card.order}`],
  ];
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
