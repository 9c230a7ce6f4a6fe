// How a prompt that is read with full attention is cut. Some of its last queries score its entries, and nobody
// asks the others; so a cut falls where each of these windows begins, and every chunk is asked as a whole or
// not at all. A chunk that nobody asks computes no mass.
import { FILL_CHUNK } from './chunks.ts';

/** A part of a prompt that is read in one run. */
export interface PromptChunk {
  /** Tokens [from, to) of the prompt. */
  readonly from: number;
  readonly to: number;
  /** The windows to which its queries belong; empty for queries that nobody asks. */
  readonly windows: readonly number[];
}

/**
 * Cuts a prompt.
 * @param windows numbers of last queries, each at most `tokens`; 0 asks for none.
 * @param longest tokens of a chunk at most.
 */
export function cutPrompt(
  tokens: number,
  windows: readonly number[],
  longest: number = FILL_CHUNK,
): PromptChunk[] {
  const asked = [...new Set(windows)].filter((window) => window > 0);
  const starts = new Set([0, ...asked.map((window) => tokens - window)]);
  const cuts = [...starts, tokens].sort((a, b) => a - b);
  const chunks: PromptChunk[] = [];
  for (let i = 0; i + 1 < cuts.length; i++) {
    const inside = asked.filter((window) => cuts[i] >= tokens - window);
    for (let from = cuts[i]; from < cuts[i + 1]; from += longest) {
      chunks.push({ from, to: Math.min(from + longest, cuts[i + 1]), windows: inside });
    }
  }
  return chunks;
}
