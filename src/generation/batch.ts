// One step of a batch, the path that every token takes: token ids -> graph -> mass -> decision -> slots. The
// batch pairs each row of an engine's store with a sequence's cache; active rows are always the first ones.
// It neither chooses tokens nor knows where they come from.
import { EMPTY, grownCapacity, type SequenceCache } from '../cache/index.ts';
import type { Engine, KvStore, LayerEntries, LayerRequest } from '../engine/index.ts';

/** What one row reads in a step. */
export interface RowInput {
  /** [t], 1 <= t <= T token ids. */
  readonly ids: Int32Array;
  /** [t] the tokens that follow, to be scored; without them the row's last logits come out. */
  readonly targets?: Int32Array;
  /** Neither likelihoods nor logits: the row only reads. @default false */
  readonly silent?: boolean;
}

/** What a step gives back, rows in order. */
export interface BatchOutput {
  /** Per row [V] logits after its last token, or undefined. A view: valid until the next step. */
  readonly logits: readonly (Float32Array | undefined)[];
  /** Per row [t] negative log-likelihoods of its targets, or undefined. */
  readonly nll: readonly (Float32Array | undefined)[];
}

/** Where a batch's time went. */
export interface StepTimes {
  /** Milliseconds inside the engine. */
  engine: number;
  /** Milliseconds of JavaScript around it: requests, accumulating, deciding, renumbering, committing. */
  host: number;
  steps: number;
}

/** Sequences that step together. */
export class Batch {
  readonly store: KvStore;
  readonly times: StepTimes = { engine: 0, host: 0, steps: 0 };
  private readonly engine: Engine;
  private readonly rows: SequenceCache[] = [];
  private request: { key: string; layers: (LayerRequest & { slots: Int32Array })[] } | undefined;

  /** @param rows the most sequences that will ever step together. */
  constructor(engine: Engine, rows: number) {
    this.engine = engine;
    this.store = engine.open(rows, 0);
  }

  get sequences(): readonly SequenceCache[] {
    return this.rows;
  }

  /** Bytes allocated for keys, values and slot numbers. */
  get bytes(): number {
    return this.store.bytes;
  }

  /** Adds an empty sequence as the last active row. */
  add(cache: SequenceCache): void {
    if (this.rows.length === this.store.rows) throw new Error(`the batch has only ${this.store.rows} rows`);
    for (const [l, { order }] of cache.layers.entries()) order.grow(this.store.layers[l].capacity);
    this.rows.push(cache);
  }

  /** Adds a sequence with numbers and entries of its own, from a fork or a snapshot, to an empty batch. */
  adopt(cache: SequenceCache, entries: readonly LayerEntries[]): void {
    for (const [l, { order }] of cache.layers.entries()) {
      this.store.grow(l, order.capacity);
      this.store.write(0, l, entries[l]);
      order.write(cache.plan.positions, this.store.layers[l], 0);
    }
    this.rows.push(cache);
  }

  /** Takes a sequence out; the last active row takes its place. */
  remove(row: number): void {
    const last = this.rows.length - 1;
    this.store.swapRows(row, last);
    this.rows[row] = this.rows[last];
    this.rows.pop();
    // Its slots still hold what it read: the sequence that joins there next must not see it.
    const { kvHeads } = this.engine.config;
    for (const { bias, capacity } of this.store.layers) {
      bias.fill(EMPTY, last * kvHeads * capacity, (last + 1) * kvHeads * capacity);
    }
  }

  /** Reads one chunk in every row. */
  async step(inputs: readonly RowInput[]): Promise<BatchOutput> {
    const started = performance.now();
    const B = this.rows.length;
    const T = inputs.reduce((longest, { ids }) => Math.max(longest, ids.length), 0);
    for (const [row, cache] of this.rows.entries()) {
      this.makeRoom(cache, inputs[row].ids.length);
    }
    const ids = new Int32Array(B * T);
    for (const [row, input] of inputs.entries()) {
      this.rows[row].stage(input.ids.length);
      ids.set(input.ids, row * T);
    }
    const layers = this.layerRequests(inputs, T);
    const { pick, target } = picks(inputs, T);
    const positionLimit = this.positionLimit(T);

    const entered = performance.now();
    const result = await this.store.step({ rows: B, tokens: T, ids, layers, pick, target, positionLimit });
    const left = performance.now();

    for (const [l, layer] of layers.entries()) {
      const numbers = this.store.layers[l];
      const perHead = layer.scoreRows * (numbers.capacity + T);
      layer.slots.fill(-1);
      for (const [row, cache] of this.rows.entries()) {
        const firstHead = row * this.engine.config.kvHeads;
        cache.settle(l, result.mass[l], perHead, numbers, firstHead, layer.slots, T);
      }
      this.store.commit(l, layer.slots);
    }
    for (const [row, cache] of this.rows.entries()) cache.finish(inputs[row].ids.length);
    const output = this.output(inputs, result);
    this.times.engine += left - entered;
    this.times.host += entered - started + (performance.now() - left);
    this.times.steps++;
    return output;
  }

  dispose(): void {
    this.rows.length = 0;
    this.store.dispose();
  }

  /** Grows the store's layers, and with them the orders of all rows, for what a row will keep. */
  private makeRoom(cache: SequenceCache, added: number): void {
    for (const [l, { policy }] of cache.layers.entries()) {
      const { capacity } = this.store.layers[l];
      const grown = grownCapacity(capacity, cache.entriesAfter(l, added), policy.budget);
      if (grown === capacity) continue;
      this.store.grow(l, grown);
      for (const other of this.rows) other.layers[l].order.grow(grown);
    }
  }

  /** Positions of the new tokens and weights of the queries, in arrays that last while the shapes do. */
  private layerRequests(inputs: readonly RowInput[], T: number): (LayerRequest & { slots: Int32Array })[] {
    const { kvHeads, queryHeads } = this.engine.config;
    const B = this.rows.length;
    const N = B * kvHeads;
    const GT = (queryHeads / kvHeads) * T;
    const scoreRows = this.store.layers.map((_, l) =>
      this.rows.some((cache) => cache.layers[l].policy.asks !== 'none') ? 1 : 0,
    );
    const key = `${B} ${T} ${scoreRows.join('')}`;
    if (this.request?.key !== key) {
      const layers = scoreRows.map((R) => ({
        scoreRows: R,
        newPositions: new Int32Array(N * T * 2),
        queryWeights: new Float32Array(N * R * GT),
        slots: new Int32Array(N * T),
      }));
      this.request = { key, layers };
    }
    for (const [l, { newPositions, queryWeights, scoreRows: R }] of this.request.layers.entries()) {
      for (const [row, cache] of this.rows.entries()) {
        const first = cache.firstPosition(l);
        const length = inputs[row].ids.length;
        const { asks } = cache.layers[l].policy;
        const from = asks === 'none' ? length : asks === 'last' ? length - 1 : 0;
        for (let head = row * kvHeads; head < (row + 1) * kvHeads; head++) {
          for (let t = 0; t < T; t++) newPositions[2 * (head * T + t)] = first + t;
          if (R > 0) weighQueries(queryWeights.subarray(head * GT, (head + 1) * GT), T, from, length);
        }
      }
    }
    return this.request.layers;
  }

  private positionLimit(T: number): number {
    let limit = 0;
    for (const cache of this.rows) {
      for (let l = 0; l < cache.layers.length; l++) limit = Math.max(limit, cache.firstPosition(l) + T);
    }
    return limit;
  }

  private output(
    inputs: readonly RowInput[],
    result: { logits: Float32Array; nll: Float32Array },
  ): BatchOutput {
    const { vocabSize } = this.engine.config;
    let scored = 0;
    let emitted = 0;
    const logits: (Float32Array | undefined)[] = [];
    const nll: (Float32Array | undefined)[] = [];
    for (const { targets, silent } of inputs) {
      nll.push(targets && result.nll.subarray(scored, scored + targets.length));
      scored += targets?.length ?? 0;
      const emits = targets === undefined && silent !== true;
      logits.push(emits ? result.logits.subarray(emitted, emitted + vocabSize) : undefined);
      if (emits) emitted += vocabSize;
    }
    return { logits, nll };
  }
}

/** Weights [G*T] of a head's queries: the mean over the group, summed over the tokens from .. to - 1. */
function weighQueries(weights: Float32Array, T: number, from: number, to: number): void {
  const group = weights.length / T;
  weights.fill(0);
  for (let g = 0; g < group; g++) weights.fill(1 / group, g * T + from, g * T + to);
}

/** Flat rows to project, scored ones first, and the tokens to score them against. */
function picks(inputs: readonly RowInput[], T: number): { pick: Int32Array; target: Int32Array } {
  const pick: number[] = [];
  const last: number[] = [];
  const target: number[] = [];
  for (const [row, { ids, targets, silent }] of inputs.entries()) {
    if (targets !== undefined) {
      for (let t = 0; t < targets.length; t++) {
        pick.push(row * T + t);
        target.push(targets[t]);
      }
    } else if (silent !== true) last.push(row * T + ids.length - 1);
  }
  return { pick: Int32Array.from([...pick, ...last]), target: Int32Array.from(target) };
}
