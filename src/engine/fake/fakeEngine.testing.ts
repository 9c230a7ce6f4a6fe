// An engine for tests: the float64 decoder behind the engine's contract, in plain objects and loops. It is slow and
// exact, needs no file and no native code, and so lets batches and sessions be tested in milliseconds. It passes the
// same contract tests as the engines that ship.
import { EMPTY, type SlotEdits } from '../../cache/index.ts';
import { TreekvError } from '../../core/index.ts';
import type { ModelConfig } from '../../model/index.ts';
import { drawTinyModel, type TinyModelOptions } from '../../model/tinyModel.testing.ts';
import type {
  Capabilities,
  Engine,
  GatherRequest,
  KvStore,
  LayerEntries,
  StepRequest,
  StepResult,
} from '../engine.ts';
import { Turns } from '../turns.ts';
import {
  type ReferenceEntry,
  type ReferenceStep,
  type ReferenceWeights,
  referenceNll,
  referenceStep,
} from './float64Decoder.testing.ts';

/** A fake engine over a small random model, and its weights by Hugging Face name. */
export function fakeEngine(
  options: TinyModelOptions = {},
  limits: Partial<Capabilities> = {},
): { readonly engine: Engine; readonly weights: ReferenceWeights } {
  const { config, weights } = drawTinyModel(options);
  return { engine: new FakeEngine(config, weights, limits), weights };
}

class FakeEngine implements Engine {
  readonly config: ModelConfig;
  readonly weights: ReferenceWeights;
  readonly capabilities: Capabilities;
  private disposed = false;

  constructor(config: ModelConfig, weights: ReferenceWeights, limits: Partial<Capabilities>) {
    this.config = config;
    this.weights = weights;
    this.capabilities = { device: 'fake', mostRows: Infinity, mostTokens: Infinity, ...limits };
  }

  open(rows: number, capacity: number): KvStore {
    return new FakeStore(this, rows, capacity);
  }

  requireOpen(): void {
    if (this.disposed) throw new TreekvError('DISPOSED', 'The model was disposed; load it again.');
  }

  async dispose(): Promise<void> {
    this.disposed = true;
  }
}

/** [rows*Hkv][C] what each slot of a layer holds. */
type Slots = (ReferenceEntry | undefined)[][];

class FakeStore implements KvStore {
  readonly rows: number;
  private readonly engine: FakeEngine;
  private readonly layers: Slots[];
  private readonly turns = new Turns();
  // [rows] of the last step
  private staged: readonly ReferenceStep[] = [];
  private tokens = 0;

  constructor(engine: FakeEngine, rows: number, capacity: number) {
    this.engine = engine;
    this.rows = rows;
    const heads = rows * engine.config.kvHeads;
    this.layers = Array.from({ length: engine.config.layers }, () =>
      Array.from({ length: heads }, () => new Array(capacity).fill(undefined)),
    );
  }

  get bytes(): number {
    const { headDim } = this.engine.config;
    return this.layers.flat(2).length * (2 * 8 * headDim + 8);
  }

  capacity(layer: number): number {
    return this.layers[layer][0].length;
  }

  grow(layer: number, capacity: number): void {
    this.turns.requireFree('grow');
    for (const slots of this.layers[layer]) while (slots.length < capacity) slots.push(undefined);
  }

  step(request: StepRequest): Promise<StepResult> {
    return this.turns.step(async () => {
      this.engine.requireOpen();
      const { vocabSize } = this.engine.config;
      const { rows, tokens, ids, pick, target } = request;
      for (const token of ids) {
        if (token >= 0 && token < vocabSize) continue;
        const message = `Token ${token} is not in the vocabulary of ${vocabSize}.`;
        throw new TreekvError('BAD_OPTION', message, { token, vocabSize });
      }
      this.staged = Array.from({ length: rows }, (_, row) => this.readRow(request, row));
      this.tokens = tokens;
      const logits = Array.from(pick, (at) => this.staged[Math.floor(at / tokens)].logits[at % tokens]);
      return {
        logits: Float32Array.from(logits.slice(target.length).flatMap((row) => Array.from(row))),
        nll: Float32Array.from(target, (token, i) => referenceNll(logits[i], token)),
        mass: Float32Array.from(this.layers.flatMap((_, l) => this.mass(request, l))),
      };
    });
  }

  commit(edits: readonly SlotEdits[]): void {
    const { kvHeads } = this.engine.config;
    const staged = this.staged.length * kvHeads * this.tokens;
    for (const { slots } of edits) {
      if (slots.length !== staged) throw new Error(`commit: ${slots.length} slots, not ${staged}`);
    }
    this.turns.commit();
    for (const [l, { slots, places, placed, empties, emptied }] of edits.entries()) {
      const layer = this.layers[l];
      for (const [i, slot] of slots.entries()) {
        if (slot < 0) continue;
        const head = Math.floor(i / this.tokens);
        const row = this.staged[Math.floor(head / kvHeads)];
        layer[head][slot] = row.entries[l][head % kvHeads][i % this.tokens];
      }
      for (let i = 0; i < placed; i++) this.place(layer, places[2 * i], places[2 * i + 1]);
      for (let i = 0; i < emptied; i++) this.place(layer, empties[i], EMPTY);
    }
  }

  discard(): void {
    this.turns.discard();
  }

  clear(row: number): void {
    this.turns.requireFree('clear');
    for (const layer of this.layers) for (const slots of this.ofRow(layer, row)) slots.fill(undefined);
  }

  swapRows(a: number, b: number): void {
    this.turns.requireFree('swapRows');
    const { kvHeads } = this.engine.config;
    for (const layer of this.layers) {
      for (let head = 0; head < kvHeads; head++) {
        const [one, other] = [a * kvHeads + head, b * kvHeads + head];
        [layer[one], layer[other]] = [layer[other], layer[one]];
      }
    }
  }

  async read(row: number, layer: number): Promise<LayerEntries> {
    this.turns.requireFree('read');
    const zeros = new Float64Array(this.engine.config.headDim);
    const part = (name: 'key' | 'value') =>
      Float32Array.from(
        this.ofRow(this.layers[layer], row).flatMap((slots) =>
          slots.flatMap((entry) => Array.from(entry?.[name] ?? zeros)),
        ),
      );
    return { keys: part('key'), values: part('value') };
  }

  async write(row: number, layer: number, entries: LayerEntries, positions: Int32Array): Promise<void> {
    this.turns.requireFree('write');
    const { headDim } = this.engine.config;
    const capacity = this.capacity(layer);
    for (const [head, slots] of this.ofRow(this.layers[layer], row).entries()) {
      for (let slot = 0; slot < capacity; slot++) {
        const at = head * capacity + slot;
        const cut = (from: Float32Array) =>
          Float64Array.from(from.subarray(at * headDim, (at + 1) * headDim));
        const position = positions[at];
        slots[slot] =
          position === EMPTY ? undefined : { key: cut(entries.keys), value: cut(entries.values), position };
      }
    }
  }

  async gather(row: number, layer: number, request: GatherRequest): Promise<void> {
    this.turns.requireFree('gather');
    const { from, slots, positions } = request;
    if (!(from instanceof FakeStore)) throw new Error('gather: the other store belongs to another engine');
    from.turns.requireFree('gather');
    const sources = this.ofRow(from.layers[layer], request.row);
    const each = slots.length / sources.length;
    for (const [head, own] of this.ofRow(this.layers[layer], row).entries()) {
      own.fill(undefined);
      for (let i = 0; i < each; i++) {
        const entry = sources[head][slots[head * each + i]];
        if (entry !== undefined) own[i] = { ...entry, position: positions[head * each + i] };
      }
    }
  }

  dispose(): void {
    this.staged = [];
    for (const layer of this.layers) for (const slots of layer) slots.length = 0;
  }

  /** The step of one row alone: other rows cannot reach it. */
  private readRow({ tokens, ids, layers }: StepRequest, row: number): ReferenceStep {
    const { config, weights } = this.engine;
    const cache = this.layers.map((layer) =>
      this.ofRow(layer, row).map((slots) => slots.filter((entry) => entry !== undefined)),
    );
    const positions = layers.map(({ newPositions }) => {
      const at = row * config.kvHeads * tokens;
      return Array.from(newPositions.subarray(at, at + tokens));
    });
    return referenceStep(config, weights, cache, ids.subarray(row * tokens, (row + 1) * tokens), positions);
  }

  /** [N * R * (C + T)] of a layer. */
  private mass({ rows, tokens, layers }: StepRequest, layer: number): number[] {
    const { kvHeads, queryHeads } = this.engine.config;
    const group = queryHeads / kvHeads;
    const { queryWeights, scoreRows } = layers[layer];
    const capacity = this.capacity(layer);
    const out: number[] = [];
    for (let head = 0; head < rows * kvHeads; head++) {
      const { probabilities } = this.staged[Math.floor(head / kvHeads)];
      const held = [...this.layers[layer][head].entries()].filter(([, entry]) => entry !== undefined);
      const columns = [
        ...held.map(([slot]) => slot),
        ...Array.from({ length: tokens }, (_, t) => capacity + t),
      ];
      for (let r = 0; r < scoreRows; r++) {
        const row = new Array(capacity + tokens).fill(0);
        for (let query = 0; query < group * tokens; query++) {
          const weight = queryWeights[(head * scoreRows + r) * group * tokens + query];
          const own =
            probabilities[layer][(head % kvHeads) * group + Math.floor(query / tokens)][query % tokens];
          for (const [i, column] of columns.entries()) row[column] += weight * own[i];
        }
        out.push(...row);
      }
    }
    return out;
  }

  private place(layer: Slots, at: number, position: number): void {
    const capacity = layer[0].length;
    const slots = layer[Math.floor(at / capacity)];
    const entry = slots[at % capacity];
    slots[at % capacity] = position === EMPTY || entry === undefined ? undefined : { ...entry, position };
  }

  private ofRow(layer: Slots, row: number): Slots {
    const { kvHeads } = this.engine.config;
    return layer.slice(row * kvHeads, (row + 1) * kvHeads);
  }
}
