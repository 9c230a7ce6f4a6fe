// The GGUF file format as types: what a file says of itself and of its tensors. GGUF is the one-file form in
// which llama.cpp and Ollama keep models (specification: docs/gguf.md of the ggml project, versions 2 and 3).
// Nothing here reads: `openGguf` does.

/** Tensor types whose blocks treekv can read. */
export type GgufTensorType =
  | 'F32'
  | 'F16'
  | 'BF16'
  | 'Q4_0'
  | 'Q4_1'
  | 'Q5_0'
  | 'Q5_1'
  | 'Q8_0'
  | 'Q4_K'
  | 'Q6_K';

/** A metadata value: integers of 64 bits are numbers too, and one that a number cannot hold is an error. */
export type GgufValue = number | boolean | string | GgufArray;

/** Elements of one type: numbers as a typed array, texts as an array. Arrays of arrays are refused. */
export type GgufArray = GgufNumbers | readonly string[];

export type GgufNumbers =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | Float32Array
  | Float64Array;

/** Metadata by key, in the order of the file. */
export type GgufMetadata = ReadonlyMap<string, GgufValue>;

/** Where a tensor lies. */
export interface GgufTensor {
  readonly name: string;
  readonly type: GgufTensorType;
  /** Rows first, as Hugging Face writes shapes: the file's own order reversed. */
  readonly shape: readonly number[];
  /** Bytes from the start of the file. */
  readonly offset: number;
  /** Bytes. */
  readonly length: number;
}

/** An open file; `close()` it. */
export interface GgufFile {
  readonly file: string;
  readonly version: number;
  /** Bytes of the file. */
  readonly size: number;
  /** Where the tensors' bytes begin. */
  readonly dataStart: number;
  readonly metadata: GgufMetadata;
  readonly tensors: ReadonlyMap<string, GgufTensor>;
  /** Any bytes of the file. */
  readRange(offset: number, length: number): Promise<Uint8Array>;
  close(): Promise<void>;
}
