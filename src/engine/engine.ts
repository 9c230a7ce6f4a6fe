// What runs a graph and owns the keys and values, on whatever device. An engine is told which tokens come, where they
// stand and whose attention is wanted; it answers with logits or likelihoods and mass, and holds the new keys and
// values back until `commit` says into which slots they go. It decides nothing and knows no policy.
//
// Two phases make this serve a CPU, where commit is a copy into the buffer that the next run reads, and a GPU, where
// it is a few kernels on the device. Nobody outside sees where keys, values, positions or masks lie: what goes in and
// comes out is plain int32 and float32 numbers. Everything is per layer, so that layers may differ in size.
// B rows, T tokens, N = B*Hkv, C_l slots, G = H / Hkv, D head, V vocabulary.
//
// What every engine promises is tested by `contract.testing.ts`.
import type { SlotEdits } from '../cache/index.ts';
import type { ModelConfig } from '../model/index.ts';

/** One layer's part of a step. */
export interface LayerRequest {
  /** [N, T] positions of the new tokens. */
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
  /** The attention mass of all layers, one after the other: of layer l [N, R_l, C_l + T] by slot, the new tokens last. */
  readonly mass: Float32Array;
}

/** Keys and values of one sequence and layer by slot: what a fork or snapshot holds. */
export interface LayerEntries {
  /** [Hkv, C_l, D] keys before the rotary embedding. */
  readonly keys: Float32Array;
  /** [Hkv, C_l, D] */
  readonly values: Float32Array;
}

/** Which entries of a store a gather copies. */
export interface GatherRequest {
  /** A store of the same engine. */
  readonly from: KvStore;
  readonly row: number;
  /** [Hkv, k] the slot of each entry there. */
  readonly slots: Int32Array;
  /** [Hkv, k] its position here. */
  readonly positions: Int32Array;
}

/**
 * The keys and values of a batch of sequences. Between `step` and `commit` (or `discard`) no other step runs and
 * nothing grows, moves or is written: each of them throws.
 */
export interface KvStore {
  /** Rows that fit. */
  readonly rows: number;
  /** Bytes allocated for keys, values and the slots' numbers. */
  readonly bytes: number;
  /** Slots a head in a layer, C_l. */
  capacity(layer: number): number;
  /** Makes room for `capacity` slots a head in a layer; old slots keep their numbers, new ones are empty. */
  grow(layer: number, capacity: number): void;
  /** Runs the graph; the new keys and values wait for `commit`. Throws BAD_OPTION for a token beyond the vocabulary. */
  step(request: StepRequest): Promise<StepResult>;
  /** Carries out what was decided of the last step, layer by layer. */
  commit(edits: readonly SlotEdits[]): void;
  /** Forgets the last step: no slot changes. Without a step that waits it does nothing. */
  discard(): void;
  /** Empties all slots of a row. */
  clear(row: number): void;
  /** Exchanges two rows, so that active rows stay the first ones when a sequence joins or leaves. */
  swapRows(a: number, b: number): void;
  /** A copy of a row's entries, those of empty slots of any value. */
  read(row: number, layer: number): Promise<LayerEntries>;
  /**
   * Writes entries read from a store whose layer has the same capacity.
   * @param positions [Hkv, C_l] the position of every slot, or EMPTY.
   */
  write(row: number, layer: number, entries: LayerEntries, positions: Int32Array): Promise<void>;
  /** Copies entries into the first k slots of a row, whose other slots fall empty. */
  gather(row: number, layer: number, request: GatherRequest): Promise<void>;
  dispose(): void;
}

/** What an engine can do at once. */
export interface Capabilities {
  /** Where it computes. */
  readonly device: Device;
  /** Most rows of a store. */
  readonly mostRows: number;
  /** Most tokens of a step, a row. */
  readonly mostTokens: number;
}

/** Where an engine computes; `fake`: slowly and exactly, for tests. */
export type Device = 'cpu' | 'fake';

/** A model, loaded and ready to run. */
export interface Engine {
  readonly config: ModelConfig;
  readonly capabilities: Capabilities;
  /** A store for `rows` sequences with `capacity` slots a head in every layer. */
  open(rows: number, capacity: number): KvStore;
  dispose(): Promise<void>;
}
