// The contract between a policy and the rest. A policy decides which entries of one layer of one sequence
// leave the cache. It sees numbers only: the attention mass it asked for, in token order, and the index of
// each entry's token. It never sees tensors, slots or positions; those are the cache's and the engine's.
//
// A step brings `added` new entries behind `before` old ones. Entries are addressed by their rank in that
// list, 0 the oldest. When `before + added` exceeds the budget the policy names the ranks that leave, as
// if the tokens had come one at a time: the one-token rule applied `added` times (paper, Algorithm 1).

/** Whose attention a policy wants: no query's, that of all queries of a step, or the last query's. */
export type Asks = 'none' | 'all' | 'last';

/** What a policy may see of one step of one layer. */
export interface StepView {
  /** KV heads of the layer. */
  readonly heads: number;
  /** Entries per head before the step. */
  readonly before: number;
  /** New entries per head; they have the ranks before .. before + added - 1. */
  readonly added: number;
  /** [heads, before + added] mass by rank, mean over the group; of length 0 if the policy asks 'none'. */
  readonly mass: Float32Array;
  /** [heads, stride] index in the text of the token behind each rank; new entries included. */
  readonly tokens: Int32Array;
  /** Length of a row of `tokens`. */
  readonly stride: number;
  /** Tokens read so far, this step's included; the age of an entry is seen - tokens[..] queries. */
  readonly seen: number;
}

/** A policy's memory as plain typed arrays, for snapshots and forks. */
export type PolicyState = Readonly<Record<string, Float64Array | Int32Array | Uint32Array>>;

/** One policy at work on one layer of one sequence. */
export interface Policy {
  /** The queries whose mass `step` must be given. */
  readonly asks: Asks;
  /** Entries kept per KV head; Infinity keeps all. */
  readonly budget: number;
  /**
   * Takes in a step's mass and names what leaves.
   * @param evicted [heads, E] receives per head, ascending, the ranks that leave;
   *   E = max(0, before + added - budget).
   */
  step(view: StepView, evicted: Int32Array): void;
  /** A copy of the policy's memory. */
  state(): PolicyState;
  /** Continues from what `state()` gave. */
  restore(state: PolicyState): void;
}

/** `paper`: every method gets the same sinks + recent + selected; `official`: as its own authors run it. */
export type Variant = 'paper' | 'official';
/** `by-place`: re-assigned by rank in the cache, as StreamingLLM does; `absolute`: the index in the text. */
export type Positions = 'by-place' | 'absolute';
/** How TreeKV's scope advances: `prose`, as the prose and Figure 3 say; `printed`, as line 16 of Algorithm 1 is printed. */
export type WalkRule = 'prose' | 'printed';
/** Which entry of TreeKV's scope stays: `score`, the one with the higher score; `keep-left`, the older; `keep-right`, the newer. */
export type ScopeChoice = 'score' | 'keep-left' | 'keep-right';
/**
 * What TreeKV's score is: `mean`, the mass per query since the entry came (S / C); `sum`, that mass itself (S);
 * `last`, the mass that the last query gives (of a chunk, its last query).
 */
export type ScopeScore = 'mean' | 'sum' | 'last';

/** The `cache` option: what a user may ask of the cache. Options that do not apply to the policy throw. */
export interface CacheOptions {
  /** A built-in policy's name, or a module specifier that exports `policy`. @default 'treekv' */
  readonly policy?: string;
  /** Which form of a baseline. Not for `full`. @default 'paper' */
  readonly variant?: Variant;
  /** Entries kept per KV head and layer; at least sinks + recent + 1. Not for `full`. @default 1024 */
  readonly budget?: number;
  /** First entries that never leave. Not for `full`. @default 4, or what the official variant says */
  readonly sinks?: number;
  /** Last entries that never leave. Not for `full`. @default floor(budget / 2) - sinks, or what the official variant says */
  readonly recent?: number;
  /** What the rotary embedding is told of an entry's place. Not for `full`. @default 'by-place', or what the official variant says */
  readonly positions?: Positions;
  /** How TreeKV's walk goes on. For `treekv` only. @default 'prose' */
  readonly rule?: WalkRule;
  /** What decides between the two entries of the scope. For `treekv` only. @default 'score' */
  readonly choice?: ScopeChoice;
  /** What entries are compared by. For `treekv` only, and only where the choice is by score. @default 'mean' */
  readonly score?: ScopeScore;
  /** Equal seeds evict the same entries, 0 to 2^32 - 1. For `random` only. @default 0 */
  readonly seed?: number;
}

/** A `cache` option with everything decided. It travels to the worker and is echoed in every result. */
export interface CachePlan {
  /** A built-in policy's name, or the file URL of a module. */
  readonly policy: string;
  /** Which form of a baseline. */
  readonly variant: Variant;
  /** Entries kept per KV head and layer; null keeps all. */
  readonly budget: number | null;
  /** First entries that never leave. */
  readonly sinks: number;
  /** Last entries that never leave. */
  readonly recent: number;
  /** budget - sinks - recent: the entries the policy chooses; 0 for `full`. */
  readonly selected: number;
  /** What the rotary embedding is told. */
  readonly positions: Positions;
  /** How TreeKV's scope advances; absent for other policies. */
  readonly rule?: WalkRule;
  /** Which entry of TreeKV's scope stays; absent for other policies. */
  readonly choice?: ScopeChoice;
  /** Absent where the choice is forced. */
  readonly score?: ScopeScore;
  /** Policy `random`: equal seeds evict the same entries; absent for others. */
  readonly seed?: number;
}

/** How a run decided, in words: the six axes on which papers differ without saying so. */
export interface PolicyCard {
  /** Whether an entry leaves before or after the step that pushes it out. */
  readonly when: string;
  /** What an entry is judged by. */
  readonly score: string;
  /** Which heads and layers hold the same set of entries. */
  readonly sharing: string;
  /** How the query heads that share a KV head become one mass. */
  readonly group: string;
  /** What the rotary embedding is told, in words. */
  readonly positions: string;
  /** How entries lie in the cache after an eviction. */
  readonly order: string;
  /** Entries a query attends to in decode, its own included; null: all. */
  readonly entriesVisible: number | null;
}

/** The axes that a policy must word itself; the contract fixes the others. */
export type OwnAxes = Pick<PolicyCard, 'score' | 'sharing' | 'group'>;

/** Which layer a policy is made for. */
export interface LayerShape {
  /** KV heads. */
  readonly heads: number;
  /** Its number, from 0. */
  readonly layer: number;
}

/**
 * What a prompt that was compressed at once leaves to the policy that decodes, in one layer. The kept entries'
 * S is the mass that the scored queries gave them, their C the number of those queries.
 */
export interface HandOver {
  /** [heads, kept] each kept entry's mass, mean over the group, summed over the scored queries. */
  readonly sums: Float64Array;
  /** Queries scored; 0 if the method read no mass, and `sums` are 0. */
  readonly queries: number;
  /** Rank among the kept entries at which TreeKV's walk goes on; 0 if no walk chose them. */
  readonly scope: number;
  /** Tokens read so far. */
  readonly seen: number;
}

/** A policy as the registry knows it: how its options are decided, and how one is made. */
export interface PolicyDefinition {
  /** What the `policy` option says to get it. */
  readonly name: string;
  /** One line for `--help` and the docs. */
  readonly summary: string;
  /** Decides all options. Throws `BAD_OPTION` or `BUDGET_TOO_SMALL`. */
  plan(options: CacheOptions): CachePlan;
  /** Makes one for one layer of one sequence, with nothing read yet. */
  create(plan: CachePlan, shape: LayerShape): Policy;
  /**
   * The state, as `restore()` takes it, in which a policy goes on from a compressed prompt. Without it that is
   * `{}`, so a policy that remembers anything must say what it remembers of a prompt it did not see.
   */
  handOver?(plan: CachePlan, left: HandOver): PolicyState;
  /** Words its own axes; without it the card says that they are not stated. */
  card?(plan: CachePlan): OwnAxes;
}
