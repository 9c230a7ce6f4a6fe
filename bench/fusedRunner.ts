// Feeds the fused graph as fast as it can be fed, in the two ways that exist. `growing`: the presents of a
// step are the pasts of the next, buffers that ONNX Runtime makes anew every step. `shared`: pasts and
// presents are the same long buffers, given as fetch tensors, so that the kernel appends in place; the
// binding still copies every output on its way back, which no caller can prevent in onnxruntime-node 1.30.
import { type InferenceSession, type OnnxValue, Tensor } from '../src/engine/index.ts';
import { RotaryTable } from '../src/engine/ort/rotaryTable.ts';
import type { EmbeddingTable, ModelConfig } from '../src/model/index.ts';

/** How the cache is fed. */
export type Feeding = 'growing' | 'shared';

// Slots of a shared buffer beyond those that it begins with.
const SPARE = 64;

/** One sequence on the fused graph. */
export class FusedRunner {
  /** Entries in the cache. */
  count = 0;
  private readonly session: InferenceSession;
  private readonly config: ModelConfig;
  private readonly embeddings: EmbeddingTable;
  private readonly tables: Record<string, Tensor>;
  private past: Record<string, Tensor> = {};
  private shared: Record<string, Tensor> | undefined;

  /** @param limit positions that the rotary tables cover. */
  constructor(session: InferenceSession, config: ModelConfig, embeddings: EmbeddingTable, limit: number) {
    this.session = session;
    this.config = config;
    this.embeddings = embeddings;
    const table = new RotaryTable(config);
    table.cover(limit);
    const shape = [table.length, config.headDim / 2];
    this.tables = {
      cos: new Tensor('float32', table.cos, shape),
      sin: new Tensor('float32', table.sin, shape),
    };
    for (const name of this.cacheNames()) this.past[`past${name}`] = this.emptyCache(0);
  }

  /** Reads tokens and gives the logits after the last. */
  async step(ids: ArrayLike<number>): Promise<Float32Array> {
    const { hiddenSize } = this.config;
    const x = new Float32Array(ids.length * hiddenSize);
    for (let t = 0; t < ids.length; t++) this.embeddings.row(ids[t], x, t * hiddenSize);
    const after = this.count + ids.length;
    const feeds: Record<string, OnnxValue> = {
      ...this.tables,
      ...this.past,
      x: new Tensor('float32', x, [1, ids.length, hiddenSize]),
      pick: integer(ids.length - 1),
      last: integer(after - 1),
      total: integer(after),
    };
    const outputs = this.shared
      ? await this.session.run(feeds, { ...this.shared, logits: null })
      : await this.session.run(feeds);
    this.count = after;
    if (this.shared === undefined) {
      for (const name of this.cacheNames()) this.past[`past${name}`] = outputs[`present${name}`] as Tensor;
    }
    return outputs.logits.data as Float32Array;
  }

  /** Another sequence with the same entries, fed in either way. */
  fork(feeding: Feeding): FusedRunner {
    const { session, config, embeddings } = this;
    const fork = new FusedRunner(session, config, embeddings, this.tables.cos.dims[0]);
    fork.count = this.count;
    if (feeding === 'growing') fork.past = { ...this.past };
    else fork.share(this.past);
    return fork;
  }

  /** Goes back to the first `count` entries: shared buffers forget the rest, growing ones are those of `from`. */
  rewind(from: FusedRunner): void {
    this.count = from.count;
    if (this.shared === undefined) this.past = { ...from.past };
  }

  /** Lets go of the session, which forks share. */
  dispose(): Promise<void> {
    return this.session.release();
  }

  private share(past: Readonly<Record<string, Tensor>>): void {
    const { kvHeads, headDim } = this.config;
    this.shared = {};
    for (const name of this.cacheNames()) {
      const long = this.emptyCache(this.count + SPARE);
      const [to, from] = [long.data as Float32Array, past[`past${name}`].data as Float32Array];
      const [toHead, fromHead] = [(this.count + SPARE) * headDim, this.count * headDim];
      for (let h = 0; h < kvHeads; h++) to.set(from.subarray(h * fromHead, (h + 1) * fromHead), h * toHead);
      this.past[`past${name}`] = long;
      this.shared[`present${name}`] = long;
    }
  }

  private cacheNames(): string[] {
    return Array.from({ length: this.config.layers }, (_, l) => [`K_${l}`, `V_${l}`]).flat();
  }

  private emptyCache(slots: number): Tensor {
    const { kvHeads, headDim } = this.config;
    return new Tensor('float32', new Float32Array(kvHeads * slots * headDim), [1, kvHeads, slots, headDim]);
  }
}

function integer(value: number): Tensor {
  return new Tensor('int64', BigInt64Array.of(BigInt(value)), [1]);
}
