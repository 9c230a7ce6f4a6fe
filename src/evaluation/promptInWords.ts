// How a prompt was brought down to a budget, as the line of a cache says it.
import type { SessionRecord } from './sessionRecord.ts';

/** What of a session's record says it. */
export type PromptRecord = Pick<SessionRecord, 'cache' | 'prefillCard' | 'prefillChunk'>;

/** The words behind `prompt: `. */
export function promptInWords({ cache, prefillCard: card, prefillChunk }: PromptRecord): string {
  if (cache.budget === null) return 'stays whole';
  const [mode, method] = card.prefill.split(', ');
  if (mode === 'chunked') return `read in chunks of ${prefillChunk} once the cache is full`;
  return (
    `full attention, then compressed at once by ${method}: keeps ${card.kept}; queries: ${card.queries}; ` +
    `score: ${card.score}`
  );
}
