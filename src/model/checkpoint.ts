// A model's weights as they were published, opened: what the packer needs of a Hugging Face folder
// (folderCheckpoint.ts) or of a GGUF file (ggufCheckpoint.ts). Tensors bear Hugging Face names and lie as its
// models have them. They are handed out in runs of rows, since one matrix alone may not fit into memory.
import type { ModelConfig } from './config.ts';
import type { BlockFormat } from './packed.ts';
import type { QuantisedRows } from './quantise.ts';

/** Open weights; `close()` them. */
export interface Checkpoint {
  /** The folder or the file, to name it in errors. */
  readonly path: string;
  readonly config: ModelConfig;
  /** The files of weights, with their paths. */
  readonly files: readonly string[];
  /** The types that the tensors are held in, such as `BF16`, sorted. */
  readonly held: readonly string[];
  /** All tensors, sorted. */
  readonly names: readonly string[];
  /** Fails unless a tensor has this shape (BAD_WEIGHTS) and a type that can be read (UNSUPPORTED). */
  demand(name: string, shape: readonly number[]): void;
  /** Rows `first` to `first + count` of a tensor, [count, columns]; a vector is one row. */
  readRows(name: string, first: number, count: number): Promise<Float32Array>;
  /** How a tensor is quantised, if in a way that the engine runs as it is. */
  blockFormat(name: string): BlockFormat | undefined;
  /** Rows of a tensor that has a `blockFormat`, value for value, in its bits or in more. */
  readBlocks(name: string, bits: 4 | 8, first: number, count: number): Promise<QuantisedRows>;
  /** Tells this model from most others after reading little of it; a copy of the model has the same. */
  fingerprint(): Promise<string>;
  close(): Promise<void>;
}
