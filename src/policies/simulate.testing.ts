// Test support, not published: a cache of token indices under a policy. It feeds a policy a stream of mass
// in chunks of any length and tells what was kept. It checks nothing: that is what the tests are for.

import { hashUnit } from '../core/index.ts';
import type { CacheOptions, CachePlan, Policy, PolicyDefinition, StepView } from './policy.ts';

/** The mass that one query of one head gives to the tokens it sees; same arguments, same numbers. */
export type Attention = (head: number, query: number, tokens: readonly number[]) => number[];

/** Seeded rows that sum to 1, in which nearly all numbers differ. */
export function softmaxLike(seed: number): Attention {
  return (head, query, tokens) => {
    const weights = tokens.map((token) => hashUnit(seed, head, query, token) ** 4 + 1e-6);
    const sum = weights.reduce((a, b) => a + b, 0);
    return weights.map((weight) => weight / sum);
  };
}

/** Seeded rows of small whole numbers, full of ties. They do not sum to 1; no decision may depend on that. */
export function tied(seed: number, levels: number): Attention {
  return (head, query, tokens) =>
    tokens.map((token) => Math.floor(hashUnit(seed, head, query, token) * levels));
}

/** One step as a test sees it. */
export interface Trace {
  readonly view: StepView;
  /** [heads, E] */
  readonly evicted: Int32Array;
  /** Per head, the tokens kept after the step. */
  readonly kept: readonly (readonly number[])[];
}

/** A cache of token indices under one policy. */
export class SimulatedCache {
  readonly policy: Policy;
  seen = 0;
  /** Per head, the tokens in the cache, ascending. */
  kept: number[][];
  private readonly attention: Attention;

  constructor(policy: Policy, heads: number, attention: Attention) {
    this.policy = policy;
    this.attention = attention;
    this.kept = Array.from({ length: heads }, () => []);
  }

  /** Reads the next `added` tokens. */
  step(added: number): Trace {
    const heads = this.kept.length;
    const before = this.kept[0].length;
    const total = before + added;
    const rows = this.kept.map((tokens) => [
      ...tokens,
      ...Array.from({ length: added }, (_, i) => this.seen + i),
    ]);
    const mass = this.policy.asks === 'none' ? new Float32Array(0) : this.massOf(rows, added);
    const tokens = Int32Array.from(rows.flat());
    this.seen += added;
    const view = { heads, before, added, mass, tokens, stride: total, seen: this.seen };
    const evicted = new Int32Array(heads * Math.max(0, total - this.policy.budget)).fill(-1);
    this.policy.step(view, evicted);
    const perHead = evicted.length / heads;
    this.kept = rows.map((row, head) => {
      const leaving = new Set(evicted.subarray(head * perHead, (head + 1) * perHead));
      return row.filter((_, rank) => !leaving.has(rank));
    });
    return { view, evicted, kept: this.kept };
  }

  /** [heads, total] what the policy asks for; a query sees the tokens up to its own. */
  private massOf(rows: readonly (readonly number[])[], added: number): Float32Array {
    const total = rows[0].length;
    const mass = new Float32Array(rows.length * total);
    for (const [head, row] of rows.entries()) {
      const first = this.policy.asks === 'last' ? total - 1 : total - added;
      for (let query = first; query < total; query++) {
        const visible = this.attention(head, row[query], row.slice(0, query + 1));
        for (const [rank, value] of visible.entries()) mass[head * total + rank] += value;
      }
    }
    return mass;
  }
}

/** What `simulate` needs; all but the policy has a default. */
export interface Scenario {
  readonly definition: PolicyDefinition;
  readonly options?: CacheOptions;
  readonly heads?: number;
  readonly layer?: number;
  readonly attention?: Attention;
}

/** A new cache and the plan it follows. */
export function simulatedCache(scenario: Scenario): { cache: SimulatedCache; plan: CachePlan } {
  const { definition, options = {}, heads = 1, layer = 0, attention = softmaxLike(1) } = scenario;
  const plan = definition.plan(options);
  return { cache: new SimulatedCache(definition.create(plan, { heads, layer }), heads, attention), plan };
}

/** Reads chunks of the given lengths and returns one trace a step. */
export function simulate(scenario: Scenario, chunks: readonly number[]): Trace[] {
  const { cache } = simulatedCache(scenario);
  return chunks.map((added) => cache.step(added));
}

/** The tokens that head 0 keeps after `length` tokens, read one at a time. */
export function keptAfter(scenario: Scenario, length: number): readonly number[] {
  const { cache } = simulatedCache(scenario);
  for (let i = 0; i < length; i++) cache.step(1);
  return cache.kept[0];
}
