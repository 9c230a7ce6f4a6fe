// One step of a batch, the path that every token takes: token ids -> graph -> mass -> decision -> slots. The
// batch pairs each row of an engine's store with a sequence's cache; active rows are always the first ones.
// It neither chooses tokens nor knows where they come from.
import { grownCapacity, type LayerCache, type SequenceCache } from '../cache/index.ts';
import { TreekvError } from '../core/index.ts';
import type { Engine, KvStore, LayerEntries } from '../engine/index.ts';
import type { BatchOutput, RowInput } from './batchStep.ts';
import { LayerRequests, type LayerWork } from './layerRequests.ts';
import { requireNumbers } from './requireNumbers.ts';
import { requireStepInWindow } from './slidingWindow.ts';

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
  private readonly requests: LayerRequests;

  /** @param rows the most sequences that will ever step together. Throws UNSUPPORTED if the engine takes fewer. */
  constructor(engine: Engine, rows: number) {
    requireWithin('rows', rows, engine.capabilities.mostRows);
    this.engine = engine;
    this.store = engine.open(rows, 0);
    const { layers, kvHeads, queryHeads } = engine.config;
    this.requests = new LayerRequests({ layers, kvHeads, group: queryHeads / kvHeads });
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
    for (const [l, { order }] of cache.layers.entries()) order.grow(this.store.capacity(l));
    this.rows.push(cache);
  }

  /**
   * Adds a sequence with numbers and entries of its own, from a fork or a snapshot, as the last active row. The
   * first of a batch decides the number of slots; the others must have as many.
   */
  async adopt(cache: SequenceCache, entries: readonly LayerEntries[]): Promise<void> {
    await this.fill(cache, (row, l, { order }) =>
      this.store.write(row, l, entries[l], order.positions(cache.plan.positions)),
    );
  }

  /**
   * Adds a sequence that keeps some entries of another's, packed into its first slots, as the last active row.
   * @param from the batch in which they lie, whose engine is this batch's. @param slots per layer [Hkv, k] where.
   */
  async gather(
    cache: SequenceCache,
    from: Batch,
    fromRow: number,
    slots: readonly Int32Array[],
  ): Promise<void> {
    await this.fill(cache, (row, l, { order }) => {
      const positions = order.positions(cache.plan.positions);
      return this.store.gather(row, l, { from: from.store, row: fromRow, slots: slots[l], positions });
    });
  }

  /** A row's keys and values, copied out per layer. */
  entries(row: number): Promise<LayerEntries[]> {
    return Promise.all(this.rows[row].layers.map((_, l) => this.store.read(row, l)));
  }

  /** Takes a sequence out; the last active row takes its place. */
  remove(row: number): void {
    const last = this.rows.length - 1;
    this.store.swapRows(row, last);
    this.rows[row] = this.rows[last];
    this.rows.pop();
    // Its slots still hold what it read: the sequence that joins there next must not see it.
    this.store.clear(last);
  }

  /**
   * Reads one chunk in every row. Throws UNSUPPORTED if that leaves the model's sliding window or is more than the engine
   * takes, and ENGINE_FAILED if what comes out is no number.
   */
  async step(inputs: readonly RowInput[]): Promise<BatchOutput> {
    const started = performance.now();
    const B = this.rows.length;
    const T = inputs.reduce((longest, { ids }) => Math.max(longest, ids.length), 0);
    requireWithin('tokens a step', T, this.engine.capabilities.mostTokens);
    for (const [row, cache] of this.rows.entries()) {
      requireStepInWindow(this.engine.config.slidingWindow, cache, inputs[row].ids.length);
    }
    for (const [row, cache] of this.rows.entries()) {
      this.makeRoom(cache, inputs[row].ids.length);
    }
    const ids = new Int32Array(B * T);
    for (const [row, input] of inputs.entries()) {
      this.rows[row].stage(input.ids.length);
      ids.set(input.ids, row * T);
    }
    const lengths = inputs.map(({ ids }) => ids.length);
    const layers = this.requests.prepare(this.rows, lengths, T);
    const { pick, target } = picks(inputs, T);
    const positionLimit = this.positionLimit(T);

    const entered = performance.now();
    const result = await this.store.step({ rows: B, tokens: T, ids, layers, pick, target, positionLimit });
    const left = performance.now();
    const output = this.output(inputs, result);
    try {
      requireNumbers(inputs, output, this.rows);
      this.decide(layers, result.mass, T);
    } catch (error) {
      this.store.discard();
      throw error;
    }
    this.store.commit(layers.map(({ edits }) => edits));
    for (const [row, cache] of this.rows.entries()) cache.finish(inputs[row].ids.length);
    this.times.engine += left - entered;
    this.times.host += entered - started + (performance.now() - left);
    this.times.steps++;
    return output;
  }

  dispose(): void {
    this.rows.length = 0;
    this.store.dispose();
  }

  /** Adds a sequence whose layers are filled one by one. */
  private async fill(
    cache: SequenceCache,
    fillLayer: (row: number, layer: number, own: LayerCache) => Promise<void>,
  ): Promise<void> {
    const row = this.rows.length;
    if (row === this.store.rows) throw new Error(`the batch has only ${this.store.rows} rows`);
    for (const [l, own] of cache.layers.entries()) {
      const capacity = this.store.capacity(l);
      if (row === 0) this.store.grow(l, own.order.capacity);
      else if (own.order.capacity !== capacity)
        throw new Error(`${own.order.capacity} slots among ${capacity}`);
      await fillLayer(row, l, own);
    }
    this.rows.push(cache);
  }

  /** Grows the store's layers, and with them the orders of all rows, for what a row will keep. */
  private makeRoom(cache: SequenceCache, added: number): void {
    for (const [l, { policy }] of cache.layers.entries()) {
      const capacity = this.store.capacity(l);
      const grown = grownCapacity(capacity, cache.entriesAfter(l, added), policy.budget);
      if (grown === capacity) continue;
      this.store.grow(l, grown);
      for (const other of this.rows) other.layers[l].order.grow(grown);
    }
  }

  /** Lets the policies decide from the mass of all layers, and gathers what that changes. */
  private decide(layers: readonly LayerWork[], mass: Float32Array, T: number): void {
    const { kvHeads } = this.engine.config;
    const heads = this.rows.length * kvHeads;
    let at = 0;
    try {
      for (const [l, { scoreRows, edits }] of layers.entries()) {
        const perHead = scoreRows * (this.store.capacity(l) + T);
        edits.begin(heads * T);
        for (const [row, cache] of this.rows.entries()) {
          cache.settle(l, mass, at, perHead, row * kvHeads, edits, T);
        }
        at += heads * perHead;
      }
    } catch (error) {
      // A policy failed: some layers of every row have decided, and nothing of it is carried out.
      for (const cache of this.rows) cache.abandon(error);
      throw error;
    }
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
      const own = targets?.reduce((count, token) => count + (token >= 0 ? 1 : 0), 0) ?? 0;
      nll.push(targets && result.nll.subarray(scored, scored + own));
      scored += own;
      const emits = targets === undefined && silent !== true;
      logits.push(emits ? result.logits.subarray(emitted, emitted + vocabSize) : undefined);
      if (emits) emitted += vocabSize;
    }
    return { logits, nll };
  }
}

/** Refuses more than the engine takes. */
function requireWithin(what: string, count: number, most: number): void {
  if (count <= most) return;
  const message = `The engine takes at most ${most} ${what}, not ${count}.`;
  throw new TreekvError('UNSUPPORTED', message, { [what]: count, most });
}

/** Flat rows to project, scored ones first, and the tokens to score them against. */
function picks(inputs: readonly RowInput[], T: number): { pick: Int32Array; target: Int32Array } {
  const pick: number[] = [];
  const last: number[] = [];
  const target: number[] = [];
  for (const [row, { ids, targets, silent }] of inputs.entries()) {
    if (targets !== undefined) {
      for (let t = 0; t < targets.length; t++) {
        if (targets[t] < 0) continue;
        pick.push(row * T + t);
        target.push(targets[t]);
      }
    } else if (silent !== true) last.push(row * T + ids.length - 1);
  }
  return { pick: Int32Array.from([...pick, ...last]), target: Int32Array.from(target) };
}
