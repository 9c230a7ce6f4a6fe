// What the demo showed, in words that follow the figures: it claims a break only where there is one.

import { RECENT_TOKENS } from './readingTracker.ts';
import { type FinalReading, FULL_CONTEXTS, type PoliciesRead } from './readPolicies.ts';
import { formatBytes, formatCount } from './textTable.ts';

/** The model and the way of reading. */
export interface DemoSetting {
  readonly model: string;
  readonly dtype: string;
  readonly trainedContext: number;
  readonly chunk: number;
}

/** Perplexity that rises by this factor beyond the trained context is a break and no chapter. */
const BREAK = 1.5;
/** Policies closer than this are level: one text tells no more. */
const LEVEL = 0.01;

/** A few paragraphs with dashes, without a trailing newline. */
export function demoSummary(setting: DemoSetting, { tokens, readings }: PoliciesRead): string {
  const full = readings.find(({ cache }) => cache.budget === null);
  const bounded = readings.filter(({ cache }) => cache.budget !== null);
  return [
    ...(full === undefined ? [] : [aboutFull(setting, full, tokens)]),
    ...(bounded.length === 0 ? [] : [aboutBounded(setting, bounded)]),
    ...aboutTreekv(readings),
    `Model ${setting.model} in ${setting.dtype}. Full attention read in chunks of 256, alone; the others in chunks ` +
      `of ${setting.chunk}, together as rows of one batch. Perplexity: lower is better; tokens/s: over the last ` +
      `${formatCount(RECENT_TOKENS)} tokens.`,
  ]
    .map((point) => wrap(point))
    .join('\n');
}

function aboutFull({ trainedContext }: DemoSetting, full: FinalReading, tokens: number): string {
  const trained = formatCount(trainedContext);
  if (tokens <= trainedContext) {
    return (
      `The text has ${formatCount(tokens)} tokens, no more than the ${trained} that this model was trained to, so ` +
      'full attention does not break here. Give a longer one with --text.'
    );
  }
  const figures =
    `perplexity ${full.trainedPerplexity.toFixed(1)} over the first ${trained} tokens, ` +
    `${full.recentPerplexity.toFixed(1)} over the last ${formatCount(RECENT_TOKENS)}`;
  const stopped = tokens - 1 > full.tokens ? `; it was stopped at ${FULL_CONTEXTS} x ${trained} tokens` : '';
  const memory = `Its cache grew to ${formatBytes(full.cacheBytes)} and would go on growing${stopped}.`;
  return broken(full)
    ? `Full attention breaks beyond ${trained} tokens, because the model was trained to ${trained}: ${figures}. ${memory}`
    : `Full attention: ${figures}. ${memory}`;
}

function aboutBounded({ chunk }: DemoSetting, bounded: readonly FinalReading[]): string {
  const [{ cache }] = bounded;
  const bytes = Math.max(...bounded.map(({ cacheBytes }) => cacheBytes));
  const visible = Math.max(...bounded.map(({ entriesVisible }) => entriesVisible));
  const lately = bounded.map(({ recentPerplexity }) => recentPerplexity);
  const range = `${Math.min(...lately).toFixed(1)} to ${Math.max(...lately).toFixed(1)}`;
  return (
    `The bounded caches ${bounded.some(broken) ? 'read' : 'hold'}: ${range} over the last ` +
    `${formatCount(Math.min(RECENT_TOKENS, bounded[0].tokens))} tokens, in ${formatBytes(bytes)} each at any length. They keep ` +
    `${formatCount(cache.budget ?? 0)} entries per head = ${cache.sinks} sinks + ${cache.recent} recent + ` +
    `${formatCount(cache.selected)} selected; reading in chunks of ${chunk}, up to ${formatCount(visible)} are visible.`
  );
}

function aboutTreekv(readings: readonly FinalReading[]): string[] {
  const treekv = readings.find(({ policy }) => policy === 'treekv');
  const streaming = readings.find(({ policy }) => policy === 'streaming-llm');
  if (treekv === undefined || streaming === undefined) return [];
  const ratio = treekv.perplexity / streaming.perplexity;
  const per = `${(100 * Math.abs(ratio - 1)).toFixed(2)} %`;
  const where = 'on this small model and this one text';
  const ahead = ratio < 1 ? 'TreeKV' : 'StreamingLLM';
  const verdict =
    Math.abs(ratio - 1) < LEVEL ? `level (${per} apart) ${where}` : `${per} apart ${where}, ${ahead} ahead`;
  return [
    `TreeKV and StreamingLLM are ${verdict}. How the policies compare over many books, in fp32: the tables in ` +
      'the README.',
  ];
}

function broken({ recentPerplexity, trainedPerplexity }: FinalReading): boolean {
  return recentPerplexity > BREAK * trainedPerplexity;
}

/** Lines of at most 96 characters, with a dash in front. */
function wrap(point: string): string {
  const lines = [''];
  for (const word of point.split(' ')) {
    const line = lines[lines.length - 1];
    if (line !== '' && line.length + 1 + word.length > 94) lines.push(word);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return `- ${lines.join('\n  ')}`;
}
