// What a policy's choice costs in attention: the mass that a shadow, a cache that keeps everything and reads the
// same tokens, puts on the entries that the policy has lost. A query's loss is counted over the entries that had
// left before its own step, since those are the ones that it could not see; eviction comes after attention. The
// shadow goes its own way: its keys and hidden states are those of full attention, not the policy's. Mass is
// float32 as the graph gives it; sums are float64. The whole map is never held, only one step of it.
import { SequenceCache } from '../../cache/index.ts';
import type { Engine } from '../../engine/index.ts';
import { Batch } from '../../generation/index.ts';
import { full, type LayerShape, type Policy, type StepView } from '../../policies/index.ts';
import type { EvictionWatcher } from './watchedPolicy.ts';

/** A policy's loss over one text. */
export interface LostAttention {
  /** Queries counted: those read after something had left. */
  readonly queries: number;
  /** [layers] share of a query's mass that falls on lost entries, mean over the queries and heads. */
  readonly layers: readonly number[];
}

/** Sums the loss of one policy. */
export class AttentionLoss implements EvictionWatcher {
  private readonly tokens: number;
  // per layer [heads, tokens] 1 for what has left
  private readonly lost: Uint8Array[] = [];
  // [layers] mass on lost entries, over queries and heads
  private readonly sums: number[] = [];
  // [layers]
  private readonly queries: number[] = [];
  private readonly losing: boolean[] = [];
  private heads = 0;

  /** @param tokens that will be read. */
  constructor(tokens: number) {
    this.tokens = tokens;
  }

  /** Whether anything has left a layer. */
  hasLost(layer: number): boolean {
    return this.losing[layer];
  }

  begin(_policy: Policy, { layer, heads }: LayerShape): void {
    this.heads = heads;
    this.lost[layer] = new Uint8Array(heads * this.tokens);
    this.sums[layer] = 0;
    this.queries[layer] = 0;
    this.losing[layer] = false;
  }

  step(layer: number, { tokens, stride, heads }: StepView, evicted: Int32Array): void {
    if (evicted.length === 0) return;
    const leaving = evicted.length / heads;
    for (let i = 0; i < evicted.length; i++) {
      const head = Math.floor(i / leaving);
      this.lost[layer][head * this.tokens + tokens[head * stride + evicted[i]]] = 1;
    }
    this.losing[layer] = true;
  }

  /**
   * Counts queries of the shadow; to be told before the policy takes their step.
   * @param mass [heads, seen] of all queries of the step together.
   */
  count(layer: number, mass: Float32Array, queries: number): void {
    if (!this.losing[layer]) return;
    const lost = this.lost[layer];
    const seen = mass.length / this.heads;
    let sum = 0;
    for (let head = 0; head < this.heads; head++) {
      const row = head * this.tokens;
      for (let i = 0, at = head * seen; i < seen; i++, at++) if (lost[row + i] === 1) sum += mass[at];
    }
    this.sums[layer] += sum;
    this.queries[layer] += queries;
  }

  /** The loss so far; 0 where nothing has left. */
  result(): LostAttention {
    const layers = this.sums.map((sum, l) => sum / (this.heads * Math.max(1, this.queries[l])));
    return { queries: Math.max(...this.queries), layers };
  }
}

/** The cache that keeps everything. */
export class ShadowCache {
  private readonly batch: Batch;

  /** @param losses that are told what the queries of each step give. */
  constructor(engine: Engine, losses: readonly AttentionLoss[]) {
    const { layers, kvHeads: heads } = engine.config;
    const collector = {
      create: (_plan: unknown, { layer }: LayerShape): Policy => ({
        get asks() {
          return losses.some((loss) => loss.hasLost(layer)) ? 'all' : 'none';
        },
        budget: Infinity,
        step({ mass, added }) {
          if (mass.length > 0) for (const loss of losses) loss.count(layer, mass, added);
        },
        state: () => ({}),
        restore() {},
      }),
    };
    this.batch = new Batch(engine, 1);
    this.batch.add(new SequenceCache(full.plan({}), collector, { layers, heads }));
  }

  /** Reads tokens. */
  async read(ids: Int32Array): Promise<void> {
    await this.batch.step([{ ids, silent: true }]);
  }

  dispose(): void {
    this.batch.dispose();
  }
}
