// The cache of one sequence, as numbers: per layer an order of slots and the policy that decides. It joins
// the two for a step: what the engine must be told before (positions, whose attention is wanted) and what
// follows after (mass to the policy, its decision to slots). It holds no tensors.
import {
  type CachePlan,
  type Policy,
  type PolicyDefinition,
  type PolicyState,
  planLayer,
  type StepView,
} from '../policies/index.ts';
import type { SlotEdits } from './slotEdits.ts';
import { SlotOrder, type SlotOrderState } from './slotOrder.ts';

/** One layer of a sequence's cache. */
export interface LayerCache {
  readonly order: SlotOrder;
  readonly policy: Policy;
}

/** A sequence's cache in plain values, for forks and snapshots. */
export interface SequenceCacheState {
  readonly seen: number;
  /** [layers] entries per head that each layer keeps; undefined where all keep the plan's budget. */
  readonly budgets?: readonly number[];
  readonly layers: readonly { readonly order: SlotOrderState; readonly policy: PolicyState }[];
}

/** The sizes that a cache must know of the model. */
export interface CacheShape {
  readonly layers: number;
  /** KV heads of a layer. */
  readonly heads: number;
}

const NOTHING = new Float32Array(0);

/** The numbers of one sequence's cache. */
export class SequenceCache {
  readonly plan: CachePlan;
  readonly layers: readonly LayerCache[];
  /** [layers] what each layer keeps; undefined where all keep the plan's budget. */
  readonly budgets: readonly number[] | undefined;
  /** Tokens read. */
  seen = 0;
  // [heads, count + added] mass by rank, reused from step to step
  private mass = NOTHING;
  // [heads, leaving]
  private evicted = new Int32Array(0);
  private failure: unknown;

  /** @param budgets [layers] entries per head that each layer keeps. @default the plan's budget in all */
  constructor(
    plan: CachePlan,
    definition: Pick<PolicyDefinition, 'create'>,
    shape: CacheShape,
    budgets?: readonly number[],
  ) {
    this.plan = plan;
    this.budgets = budgets;
    this.layers = Array.from({ length: shape.layers }, (_, layer) => {
      const own = budgets === undefined ? plan : planLayer(plan, budgets[layer]);
      return {
        order: new SlotOrder(shape.heads),
        policy: definition.create(own, { heads: shape.heads, layer }),
      };
    });
  }

  /** Entries per head that a layer keeps once `added` more have come. */
  entriesAfter(layer: number, added: number): number {
    const { order, policy } = this.layers[layer];
    return Math.min(policy.budget, order.count + added);
  }

  /** Begins a step of `added` tokens. Throws the reason if the cache was abandoned. */
  stage(added: number): void {
    this.requireWhole();
    for (const { order } of this.layers) order.stage(added, this.seen);
  }

  /** Position of the first new token of a layer; the others follow it. */
  firstPosition(layer: number): number {
    const { order } = this.layers[layer];
    return this.plan.positions === 'absolute' ? this.seen : order.origin + order.count;
  }

  /**
   * Ends a step in one layer: the policy sees the mass and decides, slots and positions follow.
   * @param mass the engine's mass; the layer's [N, R, columns] begins at `at`, this sequence's heads at firstHead.
   * @param perHead numbers between two heads' first score rows, R * columns.
   * @param edits the layer's edits, to which those of this sequence are added.
   * @param tokens T of the batch.
   */
  settle(
    layer: number,
    mass: Float32Array,
    at: number,
    perHead: number,
    firstHead: number,
    edits: SlotEdits,
    tokens: number,
  ): void {
    const { order, policy } = this.layers[layer];
    const { heads, count, added } = order;
    const n = count + added;
    const leaving = Math.max(0, n - policy.budget);
    const asked = policy.asks !== 'none';
    if (asked) {
      if (this.mass.length !== heads * n) this.mass = new Float32Array(heads * n);
      order.gather(mass, at + firstHead * perHead, perHead, this.mass);
    }
    if (this.evicted.length !== heads * leaving) this.evicted = new Int32Array(heads * leaving);
    const view: StepView = {
      heads,
      before: count,
      added,
      mass: asked ? this.mass : NOTHING,
      tokens: order.tokens,
      stride: order.stride,
      seen: this.seen + added,
    };
    policy.step(view, this.evicted);
    order.settle(this.evicted, leaving, this.plan.positions, edits, firstHead, tokens);
  }

  /** Counts the step's tokens as read, once all layers have settled. */
  finish(added: number): void {
    this.seen += added;
  }

  /** Throws as `stage`. */
  state(): SequenceCacheState {
    this.requireWhole();
    return {
      seen: this.seen,
      ...(this.budgets !== undefined && { budgets: this.budgets }),
      layers: this.layers.map(({ order, policy }) => ({ order: order.state(), policy: policy.state() })),
    };
  }

  /**
   * Gives the cache up: a step was decided in some layers and not in others, which from then on disagree about what was
   * read. Every later use throws `why`.
   */
  abandon(why: unknown): void {
    this.failure = why;
  }

  private requireWhole(): void {
    if (this.failure !== undefined) throw this.failure;
  }

  /** Continues from what `state()` gave, on a cache made with the state's budgets. */
  restore(state: Omit<SequenceCacheState, 'budgets'>): void {
    this.seen = state.seen;
    for (const [l, layer] of this.layers.entries()) {
      layer.order.restore(state.layers[l].order);
      layer.policy.restore(state.layers[l].policy);
    }
  }
}
