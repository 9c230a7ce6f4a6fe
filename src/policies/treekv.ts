// TreeKV (He et al. 2025), the decoding stage, Algorithm 1. A scope of two neighbours walks from the oldest
// selected entry to the newest and starts over; of the two, the one with the lower mean mass leaves. Each
// pass halves what a stretch of text has kept, hence the tree: sparse far back, dense near the end.
// Not here: the compression of a prompt by blocks (the paper's prefill stage), which shares `scope.ts`.

import { EntryColumn } from './entryColumn.ts';
import { evictOneByOne } from './evictOneByOne.ts';
import { readWord } from './options.ts';
import { planSplit } from './planSplit.ts';
import type {
  CachePlan,
  LayerShape,
  Policy,
  PolicyDefinition,
  PolicyState,
  ScopeChoice,
  StepView,
  WalkRule,
} from './policy.ts';
import { readCounter, readFloats } from './policyState.ts';
import { chooseInScope } from './scope.ts';
import { turnAt } from './walk.ts';

const rules: readonly WalkRule[] = ['prose', 'printed'];
const choices: readonly ScopeChoice[] = ['score', 'keep-left', 'keep-right'];

export const treekv: PolicyDefinition = {
  name: 'treekv',
  summary: 'Thins the past like a tree: of two neighbours on a walk from old to new, the weaker leaves.',

  plan(options) {
    return {
      ...planSplit('treekv', options, ['rule', 'choice']),
      rule: readWord('rule', options.rule ?? 'prose', rules),
      choice: readWord('choice', options.choice ?? 'score', choices),
    };
  },

  create: (plan, shape) => (isScored(plan) ? byScore(plan, shape) : forced(plan)),

  handOver(plan, { sums, queries, scope, seen }): PolicyState {
    const { rule = 'prose', sinks, selected } = plan;
    const turn = Float64Array.of(turnAt(rule, Math.max(0, scope - sinks), selected));
    return isScored(plan) ? { sums, handOver: Float64Array.of(seen, seen - queries), turn } : { turn };
  },

  card(plan) {
    const scored = isScored(plan);
    return {
      score: scored
        ? 'mean mass per query since the entry came, compared inside the scope'
        : `none: ${plan.choice}`,
      sharing: scored
        ? 'one set per KV head and layer; one walk for all'
        : 'one set for all heads and layers',
      group: scored ? 'mean over the group' : 'no mass is read',
    };
  },
};

function isScored({ choice = 'score' }: CachePlan): boolean {
  return choice === 'score';
}

/** Algorithm 1: of the two in the scope the one with the lower S / C leaves; a tie evicts the older. */
function byScore(plan: CachePlan, { heads }: LayerShape): Policy {
  const budget = plan.budget ?? Infinity;
  const sums = new EntryColumn(heads); // S
  // C is the queries since an entry came: seen - its token's index. For entries from before `handOver` it is
  // as if all of them had come at `handOverBirth`: what a compressed prompt's window leaves behind.
  let handOver = 0;
  let handOverBirth = 0;
  let turn = 0;
  let view: StepView;
  const mean = (head: number, rank: number): number => {
    const token = view.tokens[head * view.stride + rank];
    const birth = token < handOver ? handOverBirth : token;
    return sums.values[sums.row(head) + rank] / (view.seen - birth);
  };
  const choose = chooseInScope(plan, mean);
  const evict = evictOneByOne(budget, (head, alive, length, later) =>
    choose(head, alive, length, turn + later),
  );
  return {
    asks: 'all',
    budget,
    step(step, evicted) {
      view = step;
      sums.append(step.added);
      sums.add(step.mass);
      const leaving = evict(step, evicted);
      sums.compact(evicted, leaving);
      turn += leaving;
    },
    state: () => ({
      sums: sums.state(),
      handOver: Float64Array.of(handOver, handOverBirth),
      turn: Float64Array.of(turn),
    }),
    restore(state) {
      sums.restore(readFloats(state, 'sums'));
      [handOver, handOverBirth] = readFloats(state, 'handOver');
      turn = readCounter(state, 'turn');
    },
  };
}

/** The ablation of Figure 5: the score is ignored, and the same side of the scope always stays. */
function forced(plan: CachePlan): Policy {
  const budget = plan.budget ?? Infinity;
  let turn = 0;
  const choose = chooseInScope(plan, () => 0);
  const evict = evictOneByOne(budget, (head, alive, length, later) =>
    choose(head, alive, length, turn + later),
  );
  return {
    asks: 'none',
    budget,
    step(view, evicted) {
      turn += evict(view, evicted);
    },
    state: () => ({ turn: Float64Array.of(turn) }),
    restore(state) {
      turn = readCounter(state, 'turn');
    },
  };
}
