// TreeKV (He et al. 2025), the decoding stage, Algorithm 1. A scope of two neighbours walks from the oldest
// selected entry to the newest and starts over; of the two, the one with the lower mean mass leaves. Each
// pass halves what a stretch of text has kept, hence the tree: sparse far back, dense near the end. The other
// scores that the authors tried, and choices without one, are options.
// Not here: the compression of a prompt by blocks (the paper's prefill stage), which shares `scope.ts`.

import { TreekvError } from '../core/index.ts';
import { EntryColumn } from './entryColumn.ts';
import { evictOneByOne } from './evictOneByOne.ts';
import { readWord } from './options.ts';
import { planSplit } from './planSplit.ts';
import type {
  CacheOptions,
  CachePlan,
  LayerShape,
  Policy,
  PolicyDefinition,
  PolicyState,
  ScopeChoice,
  ScopeScore,
  StepView,
  WalkRule,
} from './policy.ts';
import { readCounter, readFloats } from './policyState.ts';
import { chooseInScope } from './scope.ts';
import { turnAt } from './walk.ts';

const rules: readonly WalkRule[] = ['prose', 'printed'];
const choices: readonly ScopeChoice[] = ['score', 'keep-left', 'keep-right'];
const scores: readonly ScopeScore[] = ['mean', 'sum', 'last'];

const scoreInWords: Readonly<Record<ScopeScore, string>> = {
  mean: 'mean mass per query since the entry came, compared inside the scope',
  sum: 'sum of the mass since the entry came, compared inside the scope',
  last: "the last query's mass (of a chunk, its last query's), compared inside the scope",
};

/** TreeKV (He et al. 2025): of two neighbours on a walk from old to new, the weaker leaves. */
export const treekv: PolicyDefinition = {
  name: 'treekv',
  summary: 'Thins the past like a tree: of two neighbours on a walk from old to new, the weaker leaves.',

  plan(options) {
    const split = planSplit('treekv', options, ['rule', 'choice', 'score']);
    const rule = readWord('rule', options.rule ?? 'prose', rules);
    const choice = readWord('choice', options.choice ?? 'score', choices);
    const score = readScore(choice, options);
    return { ...split, rule, choice, ...(score !== undefined && { score }) };
  },

  create(plan, shape) {
    const score = scoreOf(plan);
    return score === 'mean' || score === 'sum' ? bySums(plan, shape, score) : fromOneStep(plan);
  },

  handOver(plan, { sums, queries, scope, seen }): PolicyState {
    const { rule = 'prose', sinks, selected } = plan;
    const turn = Float64Array.of(turnAt(rule, Math.max(0, scope - sinks), selected));
    const score = scoreOf(plan);
    if (score !== 'mean' && score !== 'sum') return { turn };
    return { sums, handOver: Float64Array.of(seen, seen - queries), turn };
  },

  card(plan) {
    const score = scoreOf(plan);
    return {
      score: score === undefined ? `none: ${plan.choice}` : scoreInWords[score],
      sharing:
        score === undefined
          ? 'one set for all heads and layers'
          : 'one set per KV head and layer; one walk for all',
      group: score === undefined ? 'no mass is read' : 'mean over the group',
    };
  },
};

/** Throws `BAD_OPTION` for a score that nothing would ask for. */
function readScore(choice: ScopeChoice, { score }: CacheOptions): ScopeScore | undefined {
  if (choice === 'score') return readWord('score', score ?? 'mean', scores);
  if (score === undefined) return undefined;
  const message =
    `Cache option 'score' has no effect beside choice '${choice}', which reads no mass. Leave it out, or use ` +
    "choice 'score'.";
  throw new TreekvError('BAD_OPTION', message, { option: 'score', value: score, choice });
}

/** What the scope compares; undefined where the choice is forced. */
function scoreOf({ choice = 'score', score = 'mean' }: CachePlan): ScopeScore | undefined {
  return choice === 'score' ? score : undefined;
}

/** Algorithm 1: of the two in the scope the one with the lower S / C, or S, leaves; a tie evicts the older. */
function bySums(plan: CachePlan, { heads }: LayerShape, score: 'mean' | 'sum'): Policy {
  const budget = plan.budget ?? Infinity;
  const sums = new EntryColumn(heads); // S
  // C is the queries since an entry came: seen - its token's index. For entries from before `handOver` it is
  // as if all of them had come at `handOverBirth`: what a compressed prompt's window leaves behind.
  let handOver = 0;
  let handOverBirth = 0;
  let turn = 0;
  let view: StepView;
  const sum = (head: number, rank: number): number => sums.values[sums.row(head) + rank];
  const mean = (head: number, rank: number): number => {
    const token = view.tokens[head * view.stride + rank];
    const birth = token < handOver ? handOverBirth : token;
    return sum(head, rank) / (view.seen - birth);
  };
  const choose = chooseInScope(plan, score === 'mean' ? mean : sum);
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

/**
 * What needs no memory but the walk's: the last query's mass, or none, where the choice is forced (the ablation of
 * Figure 5: the score is ignored, and the same side of the scope always stays).
 */
function fromOneStep(plan: CachePlan): Policy {
  const budget = plan.budget ?? Infinity;
  let mass: Float32Array = new Float32Array(0); // [heads, count] the present step's
  let count = 0;
  let turn = 0;
  const choose = chooseInScope(plan, (head, rank) => mass[head * count + rank]);
  const evict = evictOneByOne(budget, (head, alive, length, later) =>
    choose(head, alive, length, turn + later),
  );
  return {
    asks: scoreOf(plan) === 'last' ? 'last' : 'none',
    budget,
    step(view, evicted) {
      mass = view.mass;
      count = view.before + view.added;
      turn += evict(view, evicted);
    },
    state: () => ({ turn: Float64Array.of(turn) }),
    restore(state) {
      turn = readCounter(state, 'turn');
    },
  };
}
