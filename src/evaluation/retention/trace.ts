// What a policy decided while it read a text, token by token: enough to say which entries were kept after every
// token, without the model and without the attention. Once a layer holds its budget, each token pushes one entry
// out of each head, so a trace is one small number a decision. It holds no mass: why an entry left is not said.
import type { Asks, CachePlan } from '../../policies/index.ts';
import { policies, treekv } from '../../policies/index.ts';

/**
 * How the decisions of a layer are written down. `scope`: TreeKV's walk is known, so one bit says which of its two
 * left, 0 the older, 1 the newer. `place`: the place of the entry that left among budget + 1. `none`: a built-in
 * policy that reads no mass decides the same again.
 */
export type DecisionKind = 'scope' | 'place' | 'none';

/** The decisions of one layer. */
export interface TraceLayer {
  /** How they are written down. */
  readonly kind: DecisionKind;
  /** Entries kept per head; null keeps all. */
  readonly budget: number | null;
  /** [heads, D] in the order of the text, D = max(0, tokens - budget); of length 0 for `none`. */
  readonly decisions: Uint32Array;
}

/** The decisions of one policy over one text. */
export interface Trace {
  /** The policy under the name that tables give it. */
  readonly policy: string;
  /** Its `cache` option with everything decided. */
  readonly plan: CachePlan;
  /** Tokens read, T. */
  readonly tokens: number;
  /** KV heads of a layer. */
  readonly heads: number;
  /** The decisions, layer by layer. */
  readonly layers: readonly TraceLayer[];
  /** SHA-256 of what was kept at the end, as `keptDigest` gives it: a replay must come to the same. */
  readonly kept: string;
}

/** The kind that a policy's decisions need. */
export function decisionKind({ policy }: CachePlan, asks: Asks): DecisionKind {
  if (!policies.has(policy)) return 'place';
  if (asks === 'none') return 'none';
  return policy === treekv.name ? 'scope' : 'place';
}

/** Decisions per head, D. */
export function decisionsOf(tokens: number, budget: number | null): number {
  return budget === null ? 0 : Math.max(0, tokens - budget);
}
