// Writes the weights of a model once more as a GGUF file, for tests, each matrix in any type: rows of queries and
// keys in the order that llama.cpp gives them, and a vocabulary of one token a character. Only tests import it.
import { type EncodableType, encodeBlocks } from '../gguf/ggufBlocks.testing.ts';
import { type MetadataToWrite, type TensorToWrite, writeGguf } from '../gguf/ggufWriter.testing.ts';
import { ggufTensorName } from '../gguf/index.ts';
import type { ModelConfig } from './config.ts';
import type { TinyTensor } from './tinyModel.testing.ts';

/** A model whose weights bear Hugging Face names. */
export interface ModelToCopy {
  readonly config: ModelConfig;
  readonly weights: ReadonlyMap<string, TinyTensor>;
}

/** What the file is like; every field has a default. */
export interface GgufCopyOptions {
  /** The type of a matrix by its Hugging Face name, F32 unless given; vectors are F32. */
  readonly type?: (name: string) => EncodableType;
  /** Metadata to add or overwrite. */
  readonly metadata?: Readonly<Record<string, MetadataToWrite>>;
  /** Changes the list of tensors before it is written, to damage it. */
  readonly change?: (tensors: readonly TensorToWrite[]) => readonly TensorToWrite[];
}

/** Writes the file. */
export async function writeGgufCopy(
  file: string,
  { config, weights }: ModelToCopy,
  options: GgufCopyOptions = {},
): Promise<string> {
  const { type = () => 'F32', change = (tensors) => tensors } = options;
  const tensors = [...weights].map(([name, { shape, values }]): TensorToWrite => {
    const own = ggufTensorName(name) ?? name;
    if (shape.length === 1) return { name: own, shape, type: 'F32', values };
    const ordered = isPermuted(name, config) ? permute(values, config.headDim, shape[1]) : values;
    return { name: own, shape, type: type(name), bytes: encodeBlocks(type(name), ordered) };
  });
  await writeGguf(file, {
    metadata: { ...metadataOf(config), ...vocabulary(config.vocabSize), ...options.metadata },
    tensors: change(tensors),
  });
  return file;
}

function isPermuted(name: string, { architecture }: ModelConfig): boolean {
  return architecture === 'llama' && /[qk]_proj\.weight$/.test(name);
}

/** As llama.cpp's converter: of a head's D rows, row i and row i + D/2 become rows 2i and 2i + 1. */
function permute(values: Float32Array, headDim: number, columns: number): Float32Array {
  const out = new Float32Array(values.length);
  for (let head = 0; head < values.length / (headDim * columns); head++) {
    for (let i = 0; i < headDim / 2; i++) {
      for (const half of [0, 1]) {
        const from = (head * headDim + half * (headDim / 2) + i) * columns;
        out.set(values.subarray(from, from + columns), (head * headDim + 2 * i + half) * columns);
      }
    }
  }
  return out;
}

function metadataOf(config: ModelConfig): Readonly<Record<string, MetadataToWrite>> {
  const { architecture } = config;
  const numbers: Readonly<Record<string, number>> = {
    block_count: config.layers,
    context_length: config.maxPositions,
    embedding_length: config.hiddenSize,
    feed_forward_length: config.intermediateSize,
    'attention.head_count': config.queryHeads,
    'attention.head_count_kv': config.kvHeads,
    'attention.key_length': config.headDim,
    'attention.value_length': config.headDim,
    'rope.dimension_count': config.headDim,
  };
  const float = (value: number): MetadataToWrite => ({ kind: 'FLOAT32', value });
  return {
    'general.architecture': architecture,
    ...Object.fromEntries(Object.entries(numbers).map(([key, value]) => [`${architecture}.${key}`, value])),
    [`${architecture}.rope.freq_base`]: float(config.ropeTheta),
    [`${architecture}.attention.layer_norm_rms_epsilon`]: float(config.rmsNormEps),
  };
}

/** BOS, EOS, printable ASCII, then tokens that no text has. */
function vocabulary(size: number): Readonly<Record<string, MetadataToWrite>> {
  const tokens = Array.from({ length: size }, (_, id) => {
    if (id < 2) return ['<bos>', '<eos>'][id];
    if (id === 2) return 'Ġ'; // a space, as byte-level tokenizers spell it
    return id < 96 ? String.fromCharCode(0x20 + id - 2) : `<${id}>`;
  });
  return {
    'tokenizer.ggml.model': 'gpt2',
    'tokenizer.ggml.pre': 'gpt-2',
    'tokenizer.ggml.tokens': tokens,
    'tokenizer.ggml.token_type': Int32Array.from({ length: size }, (_, id) => (id < 2 ? 3 : 1)),
    'tokenizer.ggml.merges': [],
    'tokenizer.ggml.bos_token_id': 0,
    'tokenizer.ggml.eos_token_id': 1,
    'tokenizer.ggml.add_bos_token': true,
  };
}
