// TreeKV's prefilling stage (He et al. 2025): the walk of decoding over blocks of the prompt instead of tokens.
// The last block's queries score every entry, a block's score is the mean over its tokens, and since all scores
// are known beforehand, the walk over all blocks runs at once. Walk and comparison are the policy's own code;
// the paper does not say how large a block is, nor how sinks and recent entries fall into blocks (blocks.ts).
// The same queries score all entries, so that the scores `mean` and `sum` choose alike; `last` asks the prompt's
// last query alone.

import { integerOption, TreekvError } from '../core/index.ts';
import { chooseInScope, evictOneByOne, scopePlace } from '../policies/index.ts';
import {
  type Blocks,
  cutIntoBlocks,
  largestBlock,
  leavesChoice,
  type TokenSplit,
  tokensOf,
} from './blocks.ts';
import type { FullPrefillPlan, PrefillMethod, PrefillView } from './prefillMethod.ts';
import { requireBudget } from './splitOf.ts';

/**
 * Tokens a block. A walk over c / b blocks reaches back c / b * log2(c / b) blocks, that is c * log2(c / b)
 * tokens: small blocks see further (c = 2048: 22,528 tokens with b = 1, 16,384 with 8, 10,240 with 64), large
 * ones keep phrases whole and have more queries to score them by. Perplexity does not decide it: no size from 1
 * to 64 is best on both halves of the books (docs/results.md), while a decision with 8 takes a tenth of the time
 * that it takes with 1.
 */
const defaultBlock = 8;

export const treekv: PrefillMethod = {
  name: 'treekv',
  summary: "Walks over blocks of the prompt as in decoding; the last block's queries score them.",
  options: ['block'],

  plan(options, cache) {
    const budget = requireBudget('treekv', cache);
    const { sinks, recent, selected, rule = 'prose', choice = 'score', score = 'mean' } = cache;
    const split = { budget, sinks, recent };
    const walk = { rule, choice, ...(choice === 'score' && { score }) };
    const block = readBlock(split, options.block);
    return { mode: 'full', method: 'treekv', variant: 'paper', ...split, selected, block, ...walk };
  },

  queries(plan) {
    if (plan.choice !== 'score') return 0;
    return plan.score === 'last' ? 1 : blockOf(plan);
  },

  choose(plan, view, budget) {
    const { heads, length } = view;
    const block = blockOf(plan);
    const blocks = cutIntoBlocks(length, block, { ...plan, budget });
    const scores = plan.choice === 'score' ? blockScores(view, block, blocks) : new Float64Array(0);
    const { sinks, selected } = blocks;
    const evict = evictOneByOne(
      blocks.kept,
      chooseInScope({ ...plan, sinks, selected }, (head, rank) => scores[head * blocks.count + rank]),
    );
    const evicted = new Int32Array(heads * (blocks.count - blocks.kept));
    evict({ heads, before: 0, added: blocks.count }, evicted);
    return placesKept(heads, block, blocks, evicted);
  },

  // The walk goes on where it stood. What lies before the scope has been thinned in this pass and what lies
  // behind it has not, so a walk that began again would thin the older part twice and leave out a level of the
  // tree in between. A place is a block there and a token here, hence a rank: the first token of the block.
  scope(plan, length, budget) {
    const block = blockOf(plan);
    const { count, kept, first, sinks, selected } = cutIntoBlocks(length, block, { ...plan, budget });
    return tokensOf(sinks + scopePlace(plan.rule ?? 'prose', count - kept, selected), first, block);
  },

  card(plan) {
    const { choice, score, sinks, recent } = plan;
    const block = blockOf(plan);
    const scored = choice === 'score';
    const whose = score === 'last' ? "the last query's mass, mean" : 'mean mass';
    return {
      score: scored
        ? `${whose} of the ${block} tokens of a block, compared inside the scope`
        : `none: ${choice}`,
      sharing: scored
        ? 'one set per KV head and layer; one walk for all'
        : 'one set for all heads and layers',
      group: scored ? 'mean over the group' : 'no mass is read',
      kept: `blocks of ${block}: those of the first ${sinks} and of the last ${recent} entries, the rest chosen`,
    };
  },
};

function blockOf({ block = defaultBlock }: FullPrefillPlan): number {
  return block;
}

/** The block asked for, or the default. Throws `BAD_OPTION`, or `BUDGET_TOO_SMALL` if no block would do. */
function readBlock(split: TokenSplit, asked: number | undefined): number {
  const { budget, sinks, recent } = split;
  const largest = largestBlock(split, asked === undefined ? defaultBlock : budget);
  if (largest === 0) {
    const message =
      `A budget of ${budget} leaves prefill method 'treekv' nothing to choose: sinks ${sinks} + recent ` +
      `${recent} + 1 = ${sinks + recent + 1}. Raise the budget, or lower sinks or recent.`;
    throw new TreekvError('BUDGET_TOO_SMALL', message, { ...split });
  }
  if (asked === undefined) return largest;
  const block = integerOption('Prefill', 'block', asked, 1);
  if (leavesChoice(split, block)) return block;
  const message =
    `Prefill option 'block': a budget of ${budget} is ${Math.floor(budget / block)} whole blocks of ${block}, ` +
    `which sinks ${sinks} and recent ${recent}, rounded up to blocks, may fill. The largest block is ${largest}.`;
  throw new TreekvError('BAD_OPTION', message, { option: 'block', value: block, largest, ...split });
}

/** [heads, count] the mean mass of each block's tokens. */
function blockScores(
  { heads, length, mass }: PrefillView,
  block: number,
  { count, first }: Blocks,
): Float64Array {
  const scores = new Float64Array(heads * count);
  for (let head = 0; head < heads; head++) {
    let place = head * length;
    for (let i = 0; i < count; i++) {
      const tokens = i === 0 ? first : block;
      let sum = 0;
      for (const end = place + tokens; place < end; place++) sum += mass[place];
      scores[head * count + i] = sum / tokens;
    }
  }
  return scores;
}

/** [heads, kept tokens] the places of the blocks that were not evicted. @param evicted [heads, E] ascending. */
function placesKept(heads: number, block: number, blocks: Blocks, evicted: Int32Array): Int32Array {
  const { count, kept, first } = blocks;
  const leaving = count - kept;
  const places = new Int32Array(heads * tokensOf(kept, first, block));
  let at = 0;
  for (let head = 0; head < heads; head++) {
    let next = head * leaving;
    const end = next + leaving;
    for (let i = 0; i < count; i++) {
      if (next < end && evicted[next] === i) next++;
      else {
        for (let place = tokensOf(i, first, block); place < tokensOf(i + 1, first, block); place++) {
          places[at++] = place;
        }
      }
    }
  }
  return places;
}
