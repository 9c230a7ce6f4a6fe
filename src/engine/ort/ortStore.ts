// The keys and values of a batch on the host, as ONNX Runtime reads them: buffers of a LayerStore each layer, passed
// as they lie. It builds the inputs of a run and keeps its outputs until they are committed.
import type { SlotEdits } from '../../cache/index.ts';
import type { ModelConfig } from '../../model/index.ts';
import type { GatherRequest, KvStore, LayerEntries, StepRequest, StepResult } from '../engine.ts';
import { Turns } from '../turns.ts';
import { LayerStore, MASKED } from './layerStore.ts';
import type { OnnxValue, OnnxValues, Tensor } from './onnxRuntime.ts';
import type { RotaryTable } from './rotaryTable.ts';
import { TensorMemo } from './tensorMemo.ts';

/** What a store needs of its engine. */
export interface GraphRunner {
  readonly config: ModelConfig;
  readonly rotary: RotaryTable;
  /** Embedding rows [B*T, d] of token ids. */
  embed(ids: Int32Array, out: Float32Array): void;
  run(feeds: Record<string, OnnxValue>): Promise<OnnxValues>;
}

/** What the last run left to commit. */
interface Staged {
  readonly tokens: number;
  /** N. */
  readonly heads: number;
  /** [2L*N, T, D] new keys and values in turns. */
  readonly fresh: Float32Array;
}

const NOTHING_STAGED: Staged = { tokens: 0, heads: 0, fresh: new Float32Array(0) };

/** A store of the ONNX Runtime engine. */
export class OrtStore implements KvStore {
  readonly rows: number;
  private readonly layers: LayerStore[];
  private readonly engine: GraphRunner;
  private readonly turns = new Turns();
  private readonly tensors = new TensorMemo();
  private readonly names: readonly LayerNames[];
  // per layer [N, T] positions of the new tokens
  private readonly newPositions: BigInt64Array[] = [];
  // [T] -> [G*T, T], kept per chunk length
  private causal: { tokens: number; mask: Float32Array } = { tokens: 0, mask: new Float32Array(0) };
  // [B, T, d]
  private embedded = new Float32Array(0);
  private staged: Staged = NOTHING_STAGED;

  constructor(engine: GraphRunner, rows: number, capacity: number) {
    this.engine = engine;
    this.rows = rows;
    const { layers, kvHeads, headDim } = engine.config;
    this.names = Array.from({ length: layers }, (_, l) => layerNames(l));
    this.layers = Array.from({ length: layers }, () => new LayerStore(rows, kvHeads, headDim, capacity));
  }

  get bytes(): number {
    return this.layers.reduce((sum, layer) => sum + layer.bytes, 0);
  }

  capacity(layer: number): number {
    return this.layers[layer].capacity;
  }

  grow(layer: number, capacity: number): void {
    this.turns.requireFree('grow');
    this.layers[layer].grow(capacity);
  }

  step(request: StepRequest): Promise<StepResult> {
    return this.turns.step(async () => {
      const outputs = await this.engine.run(this.feeds(request));
      const heads = request.rows * this.engine.config.kvHeads;
      this.staged = { tokens: request.tokens, heads, fresh: floats(outputs.fresh) };
      return { logits: floats(outputs.logits), nll: floats(outputs.nll), mass: floats(outputs.mass) };
    });
  }

  commit(edits: readonly SlotEdits[]): void {
    const { tokens, heads, fresh } = this.staged;
    for (const { slots } of edits) {
      if (slots.length === heads * tokens) continue;
      throw new Error(`commit: ${slots.length} slots, not ${heads * tokens}`);
    }
    this.turns.commit();
    const size = heads * tokens * this.engine.config.headDim;
    for (const [l, layer] of this.layers.entries()) {
      const keys = fresh.subarray(2 * l * size, (2 * l + 1) * size);
      layer.commit(keys, fresh.subarray((2 * l + 1) * size, (2 * l + 2) * size), edits[l], tokens);
    }
  }

  discard(): void {
    this.turns.discard();
  }

  clear(row: number): void {
    this.turns.requireFree('clear');
    for (const layer of this.layers) layer.clear(row);
  }

  swapRows(a: number, b: number): void {
    this.turns.requireFree('swapRows');
    if (a === b) return;
    for (const layer of this.layers) layer.swapRows(a, b);
  }

  async read(row: number, layer: number): Promise<LayerEntries> {
    this.turns.requireFree('read');
    return this.layers[layer].read(row);
  }

  async write(row: number, layer: number, entries: LayerEntries, positions: Int32Array): Promise<void> {
    this.turns.requireFree('write');
    this.layers[layer].write(row, entries, positions);
  }

  async gather(row: number, layer: number, request: GatherRequest): Promise<void> {
    this.turns.requireFree('gather');
    const { from, slots, positions } = request;
    if (!(from instanceof OrtStore)) throw new Error('gather: the other store belongs to another engine');
    from.turns.requireFree('gather');
    this.layers[layer].gather(row, from.layers[layer], request.row, slots, positions);
  }

  dispose(): void {
    this.staged = NOTHING_STAGED;
    this.tensors.clear();
    for (const layer of this.layers) layer.dispose();
  }

  private feeds(request: StepRequest): Record<string, OnnxValue> {
    const { rows: B, tokens: T, pick, target } = request;
    const { config, rotary } = this.engine;
    const { kvHeads, headDim: D, hiddenSize: d } = config;
    const N = B * kvHeads;
    const GT = (config.queryHeads / kvHeads) * T;
    if (this.embedded.length !== B * T * d) this.embedded = new Float32Array(B * T * d);
    this.engine.embed(request.ids, this.embedded);
    // The operator also refuses a table shorter than the sequences it rotates, empty slots included.
    rotary.cover(this.layers.reduce((most, { capacity }) => Math.max(most, capacity), request.positionLimit));
    const P = rotary.length;

    const { tensors } = this;
    const feeds: Record<string, OnnxValue> = {
      x: tensors.get('x', this.embedded, [B, T, d]),
      cos: tensors.get('cos', rotary.cos, [P, D / 2]),
      sin: tensors.get('sin', rotary.sin, [P, D / 2]),
      causal: tensors.get('causal', this.causalMask(T), [GT, T]),
      pick: tensors.get('pick', BigInt64Array.from(pick, BigInt), [pick.length]),
      target: tensors.get('target', BigInt64Array.from(target, BigInt), [target.length]),
    };
    for (const [l, layer] of this.layers.entries()) {
      const { newPositions, queryWeights, scoreRows: R } = request.layers[l];
      const C = layer.capacity;
      const name = this.names[l];
      feeds[name.keys] = tensors.get(name.keys, layer.keys, [N, C, D]);
      feeds[name.values] = tensors.get(name.values, layer.values, [N, C, D]);
      feeds[name.positions] = tensors.get(name.positions, layer.wide, [N, C]);
      feeds[name.bias] = tensors.get(name.bias, layer.bias, [N, 1, C]);
      feeds[name.newPositions] = tensors.get(name.newPositions, this.wideNew(l, newPositions), [N, T]);
      feeds[name.queryWeights] = tensors.get(name.queryWeights, queryWeights, [N, R, GT]);
    }
    return feeds;
  }

  /** A layer's new positions [N, T] as 64-bit integers, in an array that lasts while their number does. */
  private wideNew(layer: number, positions: Int32Array): BigInt64Array {
    let wide = this.newPositions[layer];
    if (wide?.length !== positions.length) {
      wide = new BigInt64Array(positions.length);
      this.newPositions[layer] = wide;
    }
    const words = new Int32Array(wide.buffer);
    for (let i = 0; i < positions.length; i++) words[2 * i] = positions[i];
    return wide;
  }

  /** [G*T, T]: a query may see the new tokens up to itself. */
  private causalMask(tokens: number): Float32Array {
    if (this.causal.tokens !== tokens) {
      const group = this.engine.config.queryHeads / this.engine.config.kvHeads;
      const mask = new Float32Array(group * tokens * tokens);
      for (let row = 0; row < group * tokens; row++) {
        mask.fill(MASKED, row * tokens + (row % tokens) + 1, (row + 1) * tokens);
      }
      this.causal = { tokens, mask };
    }
    return this.causal.mask;
  }
}

type LayerNames = ReturnType<typeof layerNames>;

/** A layer's inputs by their names in the graph, made once and not at every step. */
function layerNames(layer: number) {
  return {
    keys: `K_${layer}`,
    values: `V_${layer}`,
    positions: `pos_${layer}`,
    bias: `bias_${layer}`,
    newPositions: `posNew_${layer}`,
    queryWeights: `qw_${layer}`,
  };
}

function floats(value: OnnxValue): Float32Array {
  return (value as Tensor).data as Float32Array;
}
