// A measurement of retention in tables: what is kept by age, how evenly it lies, what attention is lost per layer,
// and, where a tree was asked for, its steps one by one; then under what all of it was measured.
import { formatInterval, markdownTable } from '../../report/index.ts';
import { dtypeNote } from '../dtypeNote.ts';
import { howMeasured } from '../howMeasured.ts';
import { policyLine } from '../policyLine.ts';
import { halvingShares } from './halvingShares.ts';
import { type MergeTree, mergeTree, type TreeEntry, tokenNumber } from './mergeTree.ts';
import { type PolicyRetention, type RetentionResult, tracesOf } from './retentionResult.ts';

/** Bins of ages that are shown one by one; what is older is shown together. */
const BINS = 6;

/** The result as Markdown. */
export function retentionTable(result: RetentionResult): string {
  const { model, protocol, summary } = result;
  const { texts, tokens, view } = protocol;
  const names = texts.length === 1 ? texts[0].name : `${texts.length} texts`;
  const layers = view.layer === null ? 'all layers' : `layer ${view.layer}`;
  return [
    `What is kept of ${names} after ${tokens} tokens, ${model.name} (${model.dtype}), ${protocol.stride}: mean over ` +
      `KV heads of ${layers}${texts.length > 1 ? '; intervals 95 % bootstrap over texts' : ''}.`,
    ageTable(result),
    spacingTable(summary.policies),
    ...lossTable(result),
    ...treeTables(result),
    protocolPart(result),
    ...dtypeNote(model),
  ].join('\n\n');
}

function ageTable({ protocol, summary }: RetentionResult): string {
  const { ageBin, tokens } = protocol;
  const bins = Math.ceil(tokens / ageBin);
  const shown = Math.min(bins, BINS);
  const header = Array.from({ length: shown }, (_, bin) => {
    const last = bin === shown - 1 ? tokens : (bin + 1) * ageBin;
    return `age ${bin * ageBin} to ${last - 1}`;
  });
  const rows = summary.policies.map(({ policy, entries, ages }) => [
    policy,
    entries.toFixed(1),
    ...together(ages, shown).map((share) => share.toFixed(3)),
  ]);
  const halves = halvingShares(protocol, shown);
  if (halves) rows.push(['halving with each pass', '', ...halves.map((half) => half.toFixed(3))]);
  return `Share of the kept entries by age in tokens:\n\n${markdownTable(['policy', 'kept', ...header], rows)}`;
}

/** The first bins, the last of them with all that are older. */
function together(ages: readonly number[], shown: number): number[] {
  const older = ages.slice(shown - 1).reduce((sum, share) => sum + share, 0);
  return [...ages.slice(0, shown - 1), older];
}

function spacingTable(policies: readonly PolicyRetention[]): string {
  const rows = policies.map(({ policy, clumpiness, stretch, largestHole }) => [
    policy,
    formatInterval(stretch, 1),
    formatInterval(largestHole, 1),
    clumpiness === null ? '-' : formatInterval(clumpiness, 3),
  ]);
  const header = ['policy', 'stretch', 'largest hole', 'clumpiness'];
  return (
    'How evenly it lies: the stretch without an entry in which a token of the text lies (1: it is kept), the ' +
    'longest such stretch, and the variance of 8 neighbouring gaps by their squared mean:\n\n' +
    markdownTable(header, rows)
  );
}

function lossTable({ protocol, summary, units }: RetentionResult): string[] {
  if (protocol.loss === null) return [];
  const rows = summary.policies.flatMap(({ policy, loss }) =>
    loss === null
      ? []
      : [[policy, ...loss.layers.map((share) => share.toFixed(4)), formatInterval(loss.mean, 4)]],
  );
  const layers = rows[0].slice(2).map((_, layer) => `layer ${layer}`);
  const queries = Math.max(...units.map(({ loss }) => loss?.queries ?? 0));
  return [
    `Attention loss over ${queries} queries a text (${protocol.loss}):\n\n` +
      markdownTable(['policy', ...layers, 'mean'], rows),
  ];
}

function treeTables(result: RetentionResult): string[] {
  const { tree } = result.protocol.view;
  if (tree === null) return [];
  return tracesOf(result).map((trace) => treeTable(mergeTree(trace, tree.layer, tree.head)));
}

function treeTable({ policy, layer, head, steps, end }: MergeTree): string {
  const rows = steps.map(({ token, before, scope, left }) => [
    String(tokenNumber(token)),
    entryWords(before),
    scope?.map(tokenNumber).join(' ') ?? '-',
    left === null ? '-' : String(tokenNumber(left)),
  ]);
  rows.push(['end', entryWords(end), '', '']);
  const header = ['step', 'cache', 'scope', 'leaves'];
  return (
    `Steps of ${policy}, layer ${layer}, KV head ${head}; tokens are counted from 1 and step t reads token t; in ` +
    `brackets what an entry stands for:\n\n` +
    markdownTable(header, rows, ['right', 'left', 'left', 'right'])
  );
}

function entryWords(entries: readonly TreeEntry[]): string {
  return entries
    .map(({ token, from, to }) => {
      const [own, first, last] = [token, from, to].map(tokenNumber);
      return first === last ? String(own) : `${own} (${first}-${last})`;
    })
    .join(', ');
}

function protocolPart({ model, protocol }: RetentionResult): string {
  const { protocol: name, textOrder, bos, stride, dtype, chunk, tokens, texts, policies, ageBin } = protocol;
  return howMeasured({ model, dtype, resampled: 'texts' }, [
    `- protocol: ${name}; ${textOrder}; ${tokens} tokens of each, BOS included`,
    `- texts: ${texts.map((text) => text.name).join(', ')}`,
    `- BOS: ${bos}`,
    `- chunk: ${chunk} (${stride})`,
    `- ages: in bins of ${ageBin} tokens, the newest first`,
    ...policies.map((policy) => {
      const { budget } = policy.cache;
      return policyLine(policy, budget === null ? tokens : Math.min(tokens, budget + chunk));
    }),
  ]);
}
