// TreeKV's choice (paper, Algorithm 1): of the two neighbours in the eviction scope, the one with the lower
// score leaves; a tie evicts the older. Tokens in decoding and blocks of a prompt follow this one rule. What an
// entry is, how it is scored and when the walk began, the caller says.
import type { Choose } from './evictOneByOne.ts';
import type { CachePlan } from './policy.ts';
import { scopePlace } from './walk.ts';

/** What the rule must know of a plan; in a prompt, sinks and selected count blocks. */
export type ScopePlan = Pick<CachePlan, 'sinks' | 'selected' | 'rule' | 'choice'>;

/**
 * The one-token rule for `evictOneByOne`; its `turn` counts from the walk's beginning.
 * @param score of an entry, whatever it counts; never called for a forced choice.
 */
export function chooseInScope(plan: ScopePlan, score: (head: number, rank: number) => number): Choose {
  const { sinks, selected, rule = 'prose', choice = 'score' } = plan;
  return (head, alive, _length, turn) => {
    const place = sinks + scopePlace(rule, turn, selected);
    // The ablation of Figure 5: the same side of the scope always stays.
    if (choice !== 'score') return choice === 'keep-left' ? place + 1 : place;
    return score(head, alive[place]) > score(head, alive[place + 1]) ? place + 1 : place;
  };
}
