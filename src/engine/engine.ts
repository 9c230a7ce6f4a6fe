// What runs a graph and owns the keys and values. An engine is told which tokens come, where they stand and
// whose attention is wanted; it answers with logits or likelihoods and mass, and holds the new keys and
// values back until `commit` says into which slots they go. It decides nothing and knows no policy.
//
// Two phases make this serve a CPU, where commit is a copy into the buffer that the next run reads, and a
// GPU, where it happens on the device. Everything is per layer, so that layers may differ in size.
// B rows, T tokens, N = B*Hkv, C_l slots, G = H / Hkv, D head, V vocabulary.
import type { SlotNumbers } from '../cache/index.ts';
import type { ModelConfig } from '../model/index.ts';

/** One layer's part of a step. */
export interface LayerRequest {
  /** [N, T, 2] positions of the new tokens as 64-bit integers, low word first. */
  readonly newPositions: Int32Array;
  /** [N, R, G*T] how much each query counts in each score row; R may be 0. */
  readonly queryWeights: Float32Array;
  /** R. */
  readonly scoreRows: number;
}

/** One run of the graph. Rows with fewer than T tokens are padded on the right with any token. */
export interface StepRequest {
  /** B, the active rows: always the first ones of the store. */
  readonly rows: number;
  /** T. */
  readonly tokens: number;
  /** [B, T] token ids. */
  readonly ids: Int32Array;
  readonly layers: readonly LayerRequest[];
  /** [M] rows b*T + t to project through the head: first those to score, then those whose logits come out. */
  readonly pick: Int32Array;
  /** [S], S <= M: the tokens against which the first S picked rows are scored. */
  readonly target: Int32Array;
  /** All positions are below this. */
  readonly positionLimit: number;
}

/** What a step puts out; nothing of it grows with the length of the text. */
export interface StepResult {
  /** [M-S, V] logits of the picked rows that are not scored. */
  readonly logits: Float32Array;
  /** [S] negative log-likelihoods, natural logarithm. */
  readonly nll: Float32Array;
  /** Per layer [N, R, C_l + T] attention mass by slot; the new tokens are the last T columns. */
  readonly mass: readonly Float32Array[];
}

/** Keys and values of one sequence and layer by slot: what a fork or snapshot holds. */
export interface LayerEntries {
  /** [Hkv, C_l, D] keys before the rotary embedding. */
  readonly keys: Float32Array;
  /** [Hkv, C_l, D] */
  readonly values: Float32Array;
}

/** The keys and values of a batch of sequences. */
export interface KvStore {
  /** Rows that fit. */
  readonly rows: number;
  readonly layers: readonly SlotNumbers[];
  /** Bytes allocated for keys, values and the slots' numbers. */
  readonly bytes: number;
  /** Makes room for `capacity` slots a head in a layer; old slots keep their numbers, new ones are empty. */
  grow(layer: number, capacity: number): void;
  /** Runs the graph; the new keys and values wait for `commit`. */
  step(request: StepRequest): Promise<StepResult>;
  /**
   * Writes the last step's keys and values of a layer.
   * @param slots [N, T] the slot of each, -1 to drop it.
   */
  commit(layer: number, slots: Int32Array): void;
  /** Exchanges two rows, so that active rows stay the first ones when a sequence joins or leaves. */
  swapRows(a: number, b: number): void;
  /** A copy of a row's entries. */
  read(row: number, layer: number): LayerEntries;
  /** A row's entries without a copy where they lie on the host; valid until the next step. */
  view(row: number, layer: number): LayerEntries;
  /** Writes entries read from a store whose layer has the same capacity. */
  write(row: number, layer: number, entries: LayerEntries): void;
  dispose(): void;
}

/** A model, loaded and ready to run. */
export interface Engine {
  readonly config: ModelConfig;
  /** A store for `rows` sequences with `capacity` slots a head in every layer. */
  open(rows: number, capacity: number): KvStore;
  /** Bytes that the last step of any store put out: outputs are copied, so they must stay small. */
  readonly outputBytes: number;
  dispose(): Promise<void>;
}
