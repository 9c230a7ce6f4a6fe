// A prefill result as Markdown: methods and modes down, budgets across.
import { formatInterval, markdownTable } from '../../report/index.ts';
import { dtypeNote } from '../dtypeNote.ts';
import { howMeasured } from '../howMeasured.ts';
import { policyLine } from '../policyLine.ts';
import { promptInWords } from '../promptInWords.ts';
import type { PrefillProtocol, PrefillReport, PrefillSummary } from './evaluatePrefill.ts';

const MEBIBYTE = 2 ** 20;

type Case = PrefillProtocol['cases'][number];

/** Perplexities, paired differences, then peak and final bytes of the caches. */
export function prefillTable(result: PrefillReport): string {
  const { model, protocol, summary } = result;
  const { cases, documents, tooShort } = protocol;
  const mebibytes = (bytes: number): string => (bytes / MEBIBYTE).toFixed(1);
  const section = (title: string, shown: (one: PrefillSummary) => string): string =>
    `**${title}**\n\n${pivot(cases, summary, shown)}`;
  const references = [...new Set(summary.map(({ reference }) => reference))].join(', ');
  return [
    section(`Perplexity, ${documents.length} documents`, ({ perplexity }) => perplexity.toFixed(3)),
    section(
      `Mean negative log-likelihood less that of the first of its mode and budget (${references}), with 95 % intervals`,
      ({ difference, name, reference }) => (name === reference ? '0' : formatInterval(difference, 4)),
    ),
    section('Peak cache, MiB', ({ peakCacheBytes }) => mebibytes(peakCacheBytes)),
    section('Final cache, MiB', ({ finalCacheBytes }) => mebibytes(finalCacheBytes)),
    ...(tooShort.length === 0 ? [] : [`Too short, left out: ${tooShort.join(', ')}.`]),
    measured(result),
    ...dtypeNote(model),
  ].join('\n\n');
}

function measured({ model, protocol, summary, seconds }: PrefillReport): string {
  const { documents, prompt, scored, query, mean, chunk, cases } = protocol;
  const dtype = `weights ${model.dtype}, softmax float32`;
  return howMeasured({ model, dtype, resampled: 'documents' }, [
    `- texts: ${documents.map(({ name }) => name).join(', ')}`,
    `- prompt: ${prompt}; query ${query}`,
    `- scored: ${scored}`,
    `- mean: ${mean}`,
    `- mode chunked: ${chunk} tokens at once while entries leave; mode full: one reading for all cases, cut where any of ` +
      'them compresses, which in fp32 changes the last digits only',
    '- entries visible: in the layer that has most of them; in mode full behind the prompt, which is read with all of ' +
      'it visible',
    ...cases.map((one, i) => caseLine(one, summary[i].entriesVisible, chunk)),
    `- time: ${seconds.toFixed(1)} s`,
  ]);
}

/** The cache that decodes, and how the prompt came to fit it: their splits and scores are not the same. */
function caseLine(one: Case, entriesVisible: number, prefillChunk: number): string {
  const { cache, prefill: prefillCard } = one;
  const prompt = promptInWords({ cache, prefillCard, prefillChunk });
  return `${policyLine(one, entriesVisible)}; prompt: ${prompt}`;
}

/** A line a method and mode, a column a budget. */
function pivot(
  cases: readonly Case[],
  summary: readonly PrefillSummary[],
  shown: (one: PrefillSummary) => string,
): string {
  const budgets = [...new Set(cases.map(({ cache }) => cache.budget))].sort(
    (a, b) => (a ?? Infinity) - (b ?? Infinity),
  );
  const labels = [...new Set(cases.map(label))];
  const rows = labels.map((own) => [
    own,
    ...budgets.map((budget) => {
      const found = cases.find((one) => label(one) === own && one.cache.budget === budget);
      const figures = summary.find(({ name }) => name === found?.name);
      return figures === undefined ? '' : shown(figures);
    }),
  ]);
  const header = ['method, mode', ...budgets.map((budget) => (budget === null ? 'all' : String(budget)))];
  return markdownTable(header, rows);
}

function label({ policy, prefill, block, cache }: Case): string {
  const [mode] = prefill.prefill.split(',');
  const then = policy.startsWith(cache.policy) || mode === 'chunked' ? '' : `, then ${cache.policy}`;
  return `${policy}${block === undefined ? '' : ` b = ${block}`}, ${mode}${then}`;
}
