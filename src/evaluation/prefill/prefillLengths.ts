// How much of a text is prompt, how much is scored, and how much is read at once: the numbers of a request with their
// defaults, checked before anything is read.
import { integerOption } from '../../core/index.ts';
import { chunkOption } from '../../generation/index.ts';

export interface PrefillLengths {
  /** Tokens of the prompt, BOS included. @default 15,000 */
  readonly prompt?: number;
  /** Tokens scored: the one right behind the prompt is read, and so many after it are predicted. @default 512 */
  readonly scored?: number;
  /** Mode `chunked`: tokens read at once when the cache is full. @default 64 */
  readonly chunk?: number;
}

/** Decides the numbers. Throws BAD_OPTION for one that is no integer of at least 1. */
export function prefillLengths({
  prompt = 15_000,
  scored = 512,
  chunk = 64,
}: PrefillLengths): Required<PrefillLengths> {
  return {
    prompt: integerOption('Prefill', 'prompt', prompt, 1),
    scored: integerOption('Prefill', 'scored', scored, 1),
    chunk: chunkOption('Prefill', 'chunk', chunk),
  };
}
