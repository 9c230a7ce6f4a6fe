// Writes down what a policy decides while a text is read. A chunk's decisions come as one set of ranks; they are
// told apart as if its tokens had come one at a time, which is what the set means (policies/policy.ts). It reads
// no mass and changes nothing.
import {
  type CachePlan,
  type LayerShape,
  type Policy,
  type StepView,
  scopePlace,
} from '../../policies/index.ts';
import { type KeptTokens, keptDigest } from './keptTokens.ts';
import { type DecisionKind, decisionKind, decisionsOf, type Trace } from './trace.ts';
import type { EvictionWatcher } from './watchedPolicy.ts';

interface LayerRecord {
  readonly kind: DecisionKind;
  readonly budget: number | null;
  /** [heads, perHead] */
  readonly decisions: Uint32Array;
  readonly perHead: number;
  /** Decisions so far, per head. */
  made: number;
}

/** Records one policy over one text. */
export class TraceRecorder implements EvictionWatcher {
  private readonly policy: string;
  private readonly plan: CachePlan;
  private readonly tokens: number;
  private readonly layers: LayerRecord[] = [];

  /**
   * @param policy the name that the trace carries.
   * @param tokens that will be read.
   */
  constructor(policy: string, plan: CachePlan, tokens: number) {
    this.policy = policy;
    this.plan = plan;
    this.tokens = tokens;
  }

  begin({ asks, budget }: Policy, { layer, heads }: LayerShape): void {
    const kind = decisionKind(this.plan, asks);
    const limit = budget === Infinity ? null : budget;
    const perHead = kind === 'none' ? 0 : decisionsOf(this.tokens, limit);
    const decisions = new Uint32Array(heads * perHead);
    this.layers[layer] = { kind, budget: limit, decisions, perHead, made: 0 };
  }

  step(layer: number, view: StepView, evicted: Int32Array): void {
    const record = this.layers[layer];
    const leaving = evicted.length / view.heads;
    if (leaving === 0 || record.kind === 'none') return;
    for (let head = 0; head < view.heads; head++) {
      const ranks = evicted.subarray(head * leaving, (head + 1) * leaving);
      const at = head * record.perHead + record.made;
      if (record.kind === 'place') {
        // In ascending order each rank is alive when its turn comes, and has lost those below it.
        for (let i = 0; i < leaving; i++) record.decisions[at + i] = ranks[i] - i;
      } else this.writeScopes(record, at, view, ranks);
    }
    record.made += leaving;
  }

  /** The decisions, once all tokens are read. @param kept what the cache holds then. */
  trace(kept: KeptTokens): Trace {
    const { policy, plan, tokens } = this;
    const layers = this.layers.map(({ kind, budget, decisions }) => ({ kind, budget, decisions }));
    return { policy, plan, tokens, heads: kept.heads, layers, kept: keptDigest(kept) };
  }

  /**
   * Finds the bits behind the ranks that left one head in a step. Where both of a scope leave in that step the
   * older is taken to go first: the survivor stands at the same place either way, so every kept set is the same.
   */
  private writeScopes(record: LayerRecord, at: number, view: StepView, ranks: Int32Array): void {
    const { sinks, selected, rule = 'prose' } = this.plan;
    const placeAt = (turn: number): number => sinks + scopePlace(rule, turn, selected);
    if (ranks.length === 1) {
      // Nothing has left yet, so that the place is the rank.
      const newer = ranks[0] - placeAt(record.made);
      if (newer !== 0 && newer !== 1) throw new Error(`an entry left ${newer} places from its scope`);
      record.decisions[at] = newer;
      return;
    }
    const alive = Array.from({ length: view.before }, (_, rank) => rank);
    const leave = new Set(ranks);
    let made = 0;
    for (let rank = view.before; rank < view.before + view.added; rank++) {
      alive.push(rank);
      if (record.budget === null || alive.length <= record.budget) continue;
      const place = placeAt(record.made + made);
      const newer = leave.has(alive[place]) ? 0 : 1;
      const [gone] = alive.splice(place + newer, 1);
      if (!leave.has(gone)) throw new Error(`rank ${gone} stayed, and so did its neighbour in the scope`);
      record.decisions[at + made++] = newer;
    }
  }
}
