// How a prompt is cut into blocks and a budget counted in them. Blocks are cut from the end, so that the last
// one, the observation window, is always whole and only the first may be short.
//
// Sinks and recent entries are protected in whole blocks, rounded up: the first blocks that together hold all
// sinks, and the last ceil(recent / block). A short first block stays even without sinks: heads that disagreed
// about it would keep unequal numbers of tokens. With sinks 0, recent 0 and a prompt of whole blocks nothing
// is protected, which is the paper's plain form.

/** The entries that a cache protects, in tokens. */
export interface TokenSplit {
  readonly budget: number;
  readonly sinks: number;
  readonly recent: number;
}

/** A prompt in blocks. */
export interface Blocks {
  /** Blocks of the prompt. */
  readonly count: number;
  /** Tokens of the first block, 1 .. block. */
  readonly first: number;
  /** Blocks that stay: floor(budget / block) = sinks + recent + selected. */
  readonly kept: number;
  /** First blocks that stay. */
  readonly sinks: number;
  /** Last blocks that stay. */
  readonly recent: number;
  /** Blocks that are chosen; below 1 if the block is too large for the split. */
  readonly selected: number;
}

/** Cuts a prompt of `length` tokens, at least 1. */
export function cutIntoBlocks(length: number, block: number, split: TokenSplit): Blocks {
  const first = ((length - 1) % block) + 1;
  const held = first < block ? Math.max(split.sinks, 1) : split.sinks;
  const sinks = held === 0 ? 0 : 1 + Math.ceil(Math.max(0, held - first) / block);
  const recent = Math.ceil(split.recent / block);
  const kept = Math.floor(split.budget / block);
  return { count: Math.ceil(length / block), first, kept, sinks, recent, selected: kept - sinks - recent };
}

/** Tokens of the first `blocks` blocks, if the first of the prompt is among them. */
export function tokensOf(blocks: number, first: number, block: number): number {
  return blocks === 0 ? 0 : first + (blocks - 1) * block;
}

/** The largest block of at most `most` tokens that leaves a choice for prompts of any length; 0 if none does. */
export function largestBlock(split: TokenSplit, most: number): number {
  let block = most;
  while (block > 0 && !leavesChoice(split, block)) block--;
  return block;
}

/** Whether a block is chosen in prompts of any length: a first block of one token protects the most. */
export function leavesChoice(split: TokenSplit, block: number): boolean {
  return cutIntoBlocks(block + 1, block, split).selected >= 1;
}
