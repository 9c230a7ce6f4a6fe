// A session of a result in one line: its cache, how it chooses, and how prompts are brought down to the budget.
import { policyLine } from './policyLine.ts';
import type { SessionRecord } from './sessionRecord.ts';

/** The line. @param longest tokens of the longest prompt and of what was written behind it. */
export function sessionLine(record: SessionRecord, longest: number): string {
  return `${policyLine(record, entriesVisible(record, longest))}; prompt: ${promptInWords(record)}`;
}

/** A session's budget as a column of a table shows it. */
export function budgetInWords({ cache: { budget } }: Pick<SessionRecord, 'cache'>): string {
  return budget === null ? 'all' : budget.toLocaleString('en-US');
}

/** A query sees all entries kept and its chunk; before a compression at once, the whole prompt. */
function entriesVisible({ cache, prefill, prefillChunk }: SessionRecord, longest: number): number {
  if (cache.budget === null || prefill.mode === 'full') return longest;
  return Math.min(longest, cache.budget + prefillChunk);
}

function promptInWords({ cache, prefill, prefillChunk, prefillCard: card }: SessionRecord): string {
  if (cache.budget === null) return 'stays whole';
  if (prefill.mode === 'chunked') return `read in chunks of ${prefillChunk} once the cache is full`;
  return (
    `full attention, then compressed at once by ${prefill.method}: keeps ${card.kept}; queries: ${card.queries}; ` +
    `score: ${card.score}`
  );
}
