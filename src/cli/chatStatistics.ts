// What a chat's cache holds beside what a full one would: why the conversation need not end.
import { bytesPerToken, type EntryShape } from '../cache/index.ts';
import type { CacheStatistics, GenerationStatistics } from '../generation/index.ts';
import { formatBytes, formatCount } from './textTable.ts';

/** Lines for a person. @param last the last answer's, if there was one. */
export function chatStatistics(
  { cache, tokensSeen, entriesKept, cacheBytes }: CacheStatistics,
  config: EntryShape,
  last: GenerationStatistics | undefined,
): string {
  const limit =
    cache.budget === null
      ? 'grows with the conversation'
      : `at most ${formatCount(cache.budget)}: ${formatCount(cache.sinks)} sinks, ` +
        `${formatCount(cache.recent)} recent, ${formatCount(cache.selected)} selected`;
  const kept = Math.max(...entriesKept);
  // The last token waits to be read: it is seen and not kept.
  const beside =
    tokensSeen > kept + 1
      ? `a full cache would hold ${formatBytes(tokensSeen * bytesPerToken(config))}`
      : 'nothing had to leave yet';
  const rows = [
    ['tokens seen', formatCount(tokensSeen)],
    ['entries kept', `${formatCount(kept)} per KV head and layer (${cache.policy}, ${limit})`],
    ['memory', `${formatBytes(cacheBytes)}; ${beside}`],
    ...(last === undefined ? [] : [['last answer', speed(last)]]),
  ];
  return rows.map(([what, value]) => `${what.padEnd(14)}${value}\n`).join('');
}

function speed(last: GenerationStatistics): string {
  const { prompt_tokens: read, prefillMs, completion_tokens: written, tokensPerSecond } = last;
  const seconds = (prefillMs / 1000).toFixed(2);
  return `${formatCount(written)} tokens at ${tokensPerSecond.toFixed(0)} a second, after ${formatCount(read)} read in ${seconds} s`;
}
