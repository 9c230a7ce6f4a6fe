// The engine on ONNX Runtime's CPU provider. Facts about onnxruntime-node 1.30 that shape it: inputs are
// read in place, so the store's arrays are passed as they are and tensors are built anew only when an array
// or a shape changes; every output is copied, so the cache never comes out; `run` blocks its thread, so this
// belongs in a worker; one session serves prefill and decode, because packed weights are not shared.
import { availableParallelism } from 'node:os';
import { dirname } from 'node:path';
import { TreekvError } from '../core/index.ts';
import { decoderGraph, EmbeddingTable, type ModelConfig, type PackedWeights } from '../model/index.ts';
import type { Engine, KvStore, LayerEntries, StepRequest, StepResult } from './engine.ts';
import { LayerStore } from './layerStore.ts';
import {
  InferenceSession,
  type OnnxValue,
  type OnnxValues,
  requireSilentRuntime,
  Tensor,
} from './onnxRuntime.ts';
import { RotaryTable } from './rotaryTable.ts';

/** Settings of the ONNX Runtime engine. */
export interface OrtEngineOptions {
  /** Threads inside an operator. @default the cores at hand */
  readonly threads?: number;
}

/** Loads packed weights into ONNX Runtime. Throws UNSUPPORTED where its telemetry cannot be switched off. */
export async function createOrtEngine(
  weights: PackedWeights,
  options: OrtEngineOptions = {},
): Promise<Engine> {
  requireSilentRuntime();
  const embeddings = await EmbeddingTable.open(weights);
  try {
    const session = await InferenceSession.create(decoderGraph(weights), {
      executionProviders: ['cpu'],
      intraOpNumThreads: options.threads ?? availableParallelism(),
      logSeverityLevel: 3,
      extra: { session: { model_external_initializers_file_folder_path: dirname(weights.file) } },
    });
    return new OrtEngine(weights.config, session, embeddings);
  } catch (error) {
    await embeddings.close();
    throw error;
  }
}

class OrtEngine implements Engine {
  readonly config: ModelConfig;
  readonly rotary: RotaryTable;
  outputBytes = 0;
  private readonly session: InferenceSession;
  private readonly embeddings: EmbeddingTable;
  private disposed = false;

  constructor(config: ModelConfig, session: InferenceSession, embeddings: EmbeddingTable) {
    this.config = config;
    this.session = session;
    this.embeddings = embeddings;
    this.rotary = new RotaryTable(config);
  }

  open(rows: number, capacity: number): KvStore {
    return new OrtKvStore(this, rows, capacity);
  }

  /** Embedding rows [B*T, d] of token ids. */
  embed(ids: Int32Array, out: Float32Array): void {
    this.requireOpen();
    const { hiddenSize, vocabSize } = this.config;
    for (let i = 0; i < ids.length; i++) {
      if (ids[i] < 0 || ids[i] >= vocabSize) {
        throw new TreekvError('BAD_OPTION', `Token ${ids[i]} is not in the vocabulary of ${vocabSize}.`, {
          token: ids[i],
          vocabSize,
        });
      }
      this.embeddings.row(ids[i], out, i * hiddenSize);
    }
  }

  async run(feeds: Record<string, OnnxValue>): Promise<OnnxValues> {
    this.requireOpen();
    try {
      return await this.session.run(feeds);
    } catch (cause) {
      const words = cause instanceof Error ? cause.message : String(cause);
      throw new TreekvError('ENGINE_FAILED', `ONNX Runtime failed: ${words}`, {}, { cause });
    }
  }

  async dispose(): Promise<void> {
    if (this.disposed) return;
    this.disposed = true;
    await this.session.release();
    await this.embeddings.close();
  }

  private requireOpen(): void {
    if (this.disposed) throw new TreekvError('DISPOSED', 'The model was disposed; load it again.');
  }
}

class OrtKvStore implements KvStore {
  readonly rows: number;
  readonly layers: LayerStore[];
  private readonly engine: OrtEngine;
  private readonly tensors = new TensorMemo();
  // [T] -> [G*T, T], kept per chunk length
  private causal: { tokens: number; mask: Float32Array } = { tokens: 0, mask: new Float32Array(0) };
  // [B, T, d]
  private embedded = new Float32Array(0);
  private staged: { tokens: number; heads: number; outputs: OnnxValues } | undefined;

  constructor(engine: OrtEngine, rows: number, capacity: number) {
    this.engine = engine;
    this.rows = rows;
    const { layers, kvHeads, headDim } = engine.config;
    this.layers = Array.from({ length: layers }, () => new LayerStore(rows, kvHeads, headDim, capacity));
  }

  get bytes(): number {
    return this.layers.reduce((sum, layer) => sum + layer.bytes, 0);
  }

  grow(layer: number, capacity: number): void {
    this.layers[layer].grow(capacity);
  }

  async step(request: StepRequest): Promise<StepResult> {
    const outputs = await this.engine.run(this.feeds(request));
    this.staged = { tokens: request.tokens, heads: request.rows * this.engine.config.kvHeads, outputs };
    let bytes = 0;
    for (const name in outputs) bytes += floats(outputs[name]).byteLength;
    this.engine.outputBytes = bytes;
    return {
      logits: floats(outputs.logits),
      nll: floats(outputs.nll),
      mass: this.layers.map((_, l) => floats(outputs[`mass_${l}`])),
    };
  }

  commit(layer: number, slots: Int32Array): void {
    if (this.staged === undefined) throw new Error('commit before a step');
    const { tokens, heads, outputs } = this.staged;
    if (slots.length !== heads * tokens)
      throw new Error(`commit: ${slots.length} slots, not ${heads * tokens}`);
    const keys = floats(outputs[`kNew_${layer}`]);
    this.layers[layer].commit(keys, floats(outputs[`vNew_${layer}`]), slots, tokens);
  }

  swapRows(a: number, b: number): void {
    if (a === b) return;
    for (const layer of this.layers) layer.swapRows(a, b);
  }

  read(row: number, layer: number): LayerEntries {
    return this.layers[layer].read(row);
  }

  view(row: number, layer: number): LayerEntries {
    return this.layers[layer].view(row);
  }

  write(row: number, layer: number, entries: LayerEntries): void {
    this.layers[layer].write(row, entries);
  }

  dispose(): void {
    this.staged = undefined;
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

    const feeds: Record<string, OnnxValue> = {
      x: this.tensors.float('x', this.embedded, [B, T, d]),
      cos: this.tensors.float('cos', rotary.cos, [P, D / 2]),
      sin: this.tensors.float('sin', rotary.sin, [P, D / 2]),
      causal: this.tensors.float('causal', this.causalMask(T), [GT, T]),
      pick: new Tensor('int64', BigInt64Array.from(pick, BigInt), [pick.length]),
      target: new Tensor('int64', BigInt64Array.from(target, BigInt), [target.length]),
    };
    for (const [l, layer] of this.layers.entries()) {
      const { newPositions, queryWeights, scoreRows: R } = request.layers[l];
      const C = layer.capacity;
      feeds[`K_${l}`] = this.tensors.float(`K_${l}`, layer.keys, [N, C, D]);
      feeds[`V_${l}`] = this.tensors.float(`V_${l}`, layer.values, [N, C, D]);
      feeds[`pos_${l}`] = this.tensors.wide(`pos_${l}`, layer.positions, [N, C]);
      feeds[`bias_${l}`] = this.tensors.float(`bias_${l}`, layer.bias, [N, 1, C]);
      feeds[`posNew_${l}`] = this.tensors.wide(`posNew_${l}`, newPositions, [N, T]);
      feeds[`qw_${l}`] = this.tensors.float(`qw_${l}`, queryWeights, [N, R, GT]);
    }
    return feeds;
  }

  /** [G*T, T]: a query may see the new tokens up to itself. */
  private causalMask(tokens: number): Float32Array {
    if (this.causal.tokens !== tokens) {
      const group = this.engine.config.queryHeads / this.engine.config.kvHeads;
      const mask = new Float32Array(group * tokens * tokens);
      for (let row = 0; row < group * tokens; row++) {
        mask.fill(-1e30, row * tokens + (row % tokens) + 1, (row + 1) * tokens);
      }
      this.causal = { tokens, mask };
    }
    return this.causal.mask;
  }
}

/** Tensors over the same array and shape, step after step; building 50 of them anew would cost more than a copy. */
class TensorMemo {
  private readonly known = new Map<string, { data: Float32Array | Int32Array; tensor: Tensor }>();

  float(name: string, data: Float32Array, dims: number[]): Tensor {
    return this.get(name, data, dims, (size) => new Tensor('float32', data.subarray(0, size), dims));
  }

  /** 64-bit integers whose words are in `data`. */
  wide(name: string, data: Int32Array, dims: number[]): Tensor {
    return this.get(
      name,
      data,
      dims,
      (size) =>
        new Tensor('int64', new BigInt64Array(data.buffer as ArrayBuffer, data.byteOffset, size), dims),
    );
  }

  clear(): void {
    this.known.clear();
  }

  private get(
    name: string,
    data: Float32Array | Int32Array,
    dims: number[],
    build: (size: number) => Tensor,
  ): Tensor {
    const known = this.known.get(name);
    if (known !== undefined && known.data === data && sameShape(known.tensor.dims, dims)) return known.tensor;
    const tensor = build(dims.reduce((product, size) => product * size, 1));
    this.known.set(name, { data, tensor });
    return tensor;
  }
}

function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, i) => size === b[i]);
}

function floats(value: OnnxValue): Float32Array {
  return (value as Tensor).data as Float32Array;
}
