// A session of a result in one line: its cache, how it chooses, and how prompts are brought down to the budget.
import { policyLine } from './policyLine.ts';
import { promptInWords } from './promptInWords.ts';
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
