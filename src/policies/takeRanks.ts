// The ranks that a module's policy named, taken over into the cache's own list if they may leave: one pass, one
// comparison a rank as long as they are sound. It decides nothing itself, and mends nothing.
import type { ModuleFaults } from './moduleFaults.ts';
import type { CachePlan, StepView } from './policy.ts';

/** What a policy was asked and what it named. */
export interface Named {
  readonly view: StepView;
  /** [heads, E]; NaN where nothing was named. */
  readonly named: Float64Array;
  readonly plan: CachePlan;
  readonly layer: number;
}

/**
 * Copies the ranks. Throws BAD_POLICY unless they are set, whole numbers, within the step, ascending per head, and
 * neither sinks nor recent entries of the plan. @param evicted [heads, E] receives them.
 */
export function takeRanks(
  faults: ModuleFaults,
  { view, named, plan, layer }: Named,
  evicted: Int32Array,
): void {
  const each = named.length / view.heads;
  const { sinks } = plan;
  const end = view.before + view.added - plan.recent;
  for (let head = 0, i = 0; head < view.heads; head++) {
    // the least that may come next
    let least = sinks;
    for (let turn = 0; turn < each; turn++, i++) {
      const rank = named[i];
      evicted[i] = rank;
      if (evicted[i] !== rank || rank < least || rank >= end) {
        const where = { layer, head, ...(!Number.isNaN(rank) && { rank }) };
        throw faults.blame(faultOfRank({ view, named, plan, layer }, i, each), where);
      }
      least = rank + 1;
    }
  }
}

/** Words for the rank at `i`, which may not leave. */
function faultOfRank({ view, named, plan }: Named, i: number, each: number): string {
  const rank = named[i];
  const total = view.before + view.added;
  const turn = i % each;
  if (Number.isNaN(rank)) return `named ${turn} ranks in step(), where ${each} must leave`;
  if (!Number.isInteger(rank)) return `let rank ${rank} leave, which is no integer`;
  if (rank < 0 || rank >= total) return `let rank ${rank} leave, which is not in 0 .. ${total - 1}`;
  const earlier = turn === 0 ? -1 : named[i - 1];
  if (rank === earlier) return `let rank ${rank} leave twice`;
  if (rank < earlier) return `named rank ${rank} after ${earlier}, but ranks must ascend`;
  const kept =
    rank < plan.sinks ? `one of the ${plan.sinks} sinks` : `one of the ${plan.recent} recent entries`;
  return `let rank ${rank} leave, ${kept} that its own plan protects`;
}
