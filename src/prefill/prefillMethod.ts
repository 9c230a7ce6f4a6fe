// The contract of a prefill method: which entries of a prompt survive when the prompt was read with full
// attention and is then compressed at once (paper, "Prefilling stage"). A method sees numbers only: in one
// layer, the mass that the queries it asked for gave to each entry. It never sees tensors or slots, and what
// follows, decoding, is a policy's (policies/policy.ts).

import type { CachePlan, OwnAxes, ScopeChoice, ScopeScore, Variant, WalkRule } from '../policies/index.ts';

/** `full`: the whole prompt is read, then compressed; `chunked`: the policy evicts while it is read. */
export type PrefillMode = 'full' | 'chunked';
/** How SnapKV smooths a score over its neighbours. */
export type Pooling = 'max' | 'avg';

/** The `prefill` option. Options that do not apply to the mode and the method throw. */
export interface PrefillOptions {
  /** Whether a prompt is read whole and then compressed, or in chunks while the policy evicts. */
  readonly mode: PrefillMode;
  /** Which method chooses what stays of a prompt. Mode `full` only. @default the method of the cache policy's name */
  readonly method?: string;
  /** Tokens a block. Method `treekv` only. @default 8, or the largest block below that fits the cache's split */
  readonly block?: number;
  /** Last entries, which stay and whose queries score. Methods `snapkv` and `pyramidkv` only. @default 32 */
  readonly window?: number;
  /** Entries that are pooled into one score; odd. Methods `snapkv` and `pyramidkv` only. @default 7 */
  readonly kernel?: number;
  /** How they are pooled. Methods `snapkv` and `pyramidkv` only. @default 'max' */
  readonly pooling?: Pooling;
}

/** An option that says something about a method, not which one. */
export type PrefillOptionName = Exclude<keyof PrefillOptions, 'mode' | 'method'>;

/** The prompt is read in chunks and the cache's policy evicts after each, so there is nothing to decide. */
export interface ChunkedPrefillPlan {
  /** Says that nothing is compressed at once. */
  readonly mode: 'chunked';
}

/** A compression with everything decided. Plain values: it travels to the worker and into every result. */
export interface FullPrefillPlan {
  /** Says that the prompt is read whole. */
  readonly mode: 'full';
  /** Which method chooses what stays. */
  readonly method: string;
  /** The cache policy's form. */
  readonly variant: Variant;
  /** Entries kept per KV head, in the mean over the layers; null keeps all. */
  readonly budget: number | null;
  /** First entries that stay whatever their score. */
  readonly sinks: number;
  /** Last entries that stay whatever their score; for `snapkv` and `pyramidkv` the window. */
  readonly recent: number;
  /** budget - sinks - recent. */
  readonly selected: number;
  /** `treekv`: tokens a block; absent for other methods. */
  readonly block?: number;
  /** `treekv`: how the scope advances; absent for other methods. */
  readonly rule?: WalkRule;
  /** `treekv`: which entry of the scope stays; absent for other methods. */
  readonly choice?: ScopeChoice;
  /** Absent where the choice is forced. */
  readonly score?: ScopeScore;
  /** `snapkv` and `pyramidkv`: last entries, whose queries score. */
  readonly window?: number;
  /** `snapkv` and `pyramidkv`: entries that are pooled into one score. */
  readonly kernel?: number;
  /** `snapkv` and `pyramidkv`: how they are pooled. */
  readonly pooling?: Pooling;
}

/** A `prefill` option with everything decided. */
export type PrefillPlan = ChunkedPrefillPlan | FullPrefillPlan;

/** What a method may see of one layer. */
export interface PrefillView {
  /** KV heads of the layer. */
  readonly heads: number;
  /** Entries per head, n: the prompt's, and before them those of earlier turns. */
  readonly length: number;
  /** Queries scored: the last ones of the prompt. */
  readonly queries: number;
  /**
   * [heads, length] mass by place: mean over the group, summed over the scored queries, so that a row sums to
   * `queries`; of length 0 if none are scored.
   */
  readonly mass: Float32Array | Float64Array;
}

/** The axes that a method words itself. */
export interface PrefillAxes extends OwnAxes {
  /** What stays without a choice, and how many are chosen. */
  readonly kept: string;
}

/** A prefill method as the registry knows it. All functions are pure. */
export interface PrefillMethod {
  readonly name: string;
  /** One line for `--help` and the docs. */
  readonly summary: string;
  /** The options that have an effect on it. */
  readonly options: readonly PrefillOptionName[];
  /** Decides all options. Throws `BAD_OPTION` or `BUDGET_TOO_SMALL`. */
  plan(options: PrefillOptions, cache: CachePlan): FullPrefillPlan;
  /** How many of the prompt's last queries must be scored: 0, 1, a window; Infinity for all. */
  queries(plan: FullPrefillPlan): number;
  /**
   * Entries per head that each layer keeps, [layers]. Without it every layer keeps the plan's budget.
   * @param length tokens of the prompt.
   */
  layerBudgets?(plan: FullPrefillPlan, layers: number, length: number): readonly number[];
  /**
   * The places that stay, [heads, kept], per head ascending and unique; kept <= budget is the same for all
   * heads. Asked only if view.length > budget.
   */
  choose(plan: FullPrefillPlan, view: PrefillView, budget: number): Int32Array;
  /** Rank among the kept entries at which TreeKV's walk goes on; without it, at the beginning. */
  scope?(plan: FullPrefillPlan, length: number, budget: number): number;
  card(plan: FullPrefillPlan): PrefillAxes;
}
