// Writes a model of random weights in the shape of a real one, tokenizer included, for benchmarks of loading: what a
// load costs depends on shapes and types, not on values. Written in pieces, so that any size can be.
import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Random, writeAtomically } from '../src/core/index.ts';
import { parseConfig } from '../src/model/config.ts';
import { bytesOf } from '../src/model/index.ts';
import { packedParts } from '../src/model/packedLayout.ts';
import { type TensorSource, writeSafetensors } from '../src/model/safetensorsWriter.ts';

/** What to write. */
export interface RandomModel {
  /** Content of config.json. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly dtype: 'BF16' | 'F16';
  /** Layers a file. */
  readonly layersPerShard: number;
}

/** The config of Qwen2.5-0.5B. */
export const half = {
  architectures: ['Qwen2ForCausalLM'],
  model_type: 'qwen2',
  hidden_act: 'silu',
  hidden_size: 896,
  intermediate_size: 4864,
  max_position_embeddings: 32_768,
  num_attention_heads: 14,
  num_hidden_layers: 24,
  num_key_value_heads: 2,
  rms_norm_eps: 1e-6,
  rope_theta: 1_000_000,
  tie_word_embeddings: true,
  vocab_size: 151_936,
};

/** Weights that are drawn; a tensor is a stretch of them, repeated, each from another place. */
const drawn = 2 ** 22;

/** Writes the folder: config.json, weights, the index of shards, tokenizer.json and generation_config.json. */
export async function writeRandomModel(folder: string, model: RandomModel): Promise<void> {
  await mkdir(folder, { recursive: true });
  const config = parseConfig(model.config, 'config.json');
  const count = Math.ceil(config.layers / model.layersPerShard);
  const shards = Array.from({ length: count }, (): TensorSource[] => []);
  const home: Record<string, string> = {};
  const nameOf = (shard: number) => `model-${five(shard + 1)}-of-${five(count)}.safetensors`;
  const halves = drawHalves(model.dtype);
  for (const { name, shape, layer } of tensorsOf(config)) {
    const shard = Math.floor(layer / model.layersPerShard);
    shards[shard].push({ name, dtype: model.dtype, shape, produce: () => stretch(halves, name, shape) });
    home[name] = nameOf(shard);
  }
  for (const [shard, tensors] of shards.entries()) {
    await writeAtomically(join(folder, nameOf(shard)), (sink) =>
      writeSafetensors(sink, tensors, { format: 'pt' }),
    );
  }
  const json = (name: string, content: unknown) => writeFile(join(folder, name), JSON.stringify(content));
  await json('model.safetensors.index.json', { metadata: {}, weight_map: home });
  await json('config.json', model.config);
  await json('generation_config.json', { eos_token_id: config.vocabSize - 1 });
  await json('tokenizer.json', tokenizerOf(config.vocabSize));
}

interface NamedShape {
  readonly name: string;
  readonly shape: readonly number[];
  readonly layer: number;
}

/** The tensors of a checkpoint, from the list that the packer makes its own from. */
function* tensorsOf(config: ReturnType<typeof parseConfig>): Generator<NamedShape> {
  for (const part of packedParts(config, 'q8')) {
    const layer = Number(/^\d+(?=\.)/.exec(part.name)?.[0] ?? 0);
    if (part.kind === 'vector') {
      for (const { name, length } of part.sources) yield { name, shape: [length], layer };
    } else {
      for (const { name, rows } of part.sources) yield { name, shape: [rows, part.columns], layer };
    }
  }
}

/** [drawn] nearly normal numbers of deviation 0.02, as the 16 bits of their type. */
function drawHalves(dtype: RandomModel['dtype']): Uint16Array {
  const random = new Random(1);
  const values = Float32Array.from({ length: drawn }, () => {
    let sum = -2;
    for (let i = 0; i < 4; i++) sum += random.next();
    return sum * 0.035;
  });
  return Uint16Array.from(new Uint32Array(values.buffer), (bits) => {
    if (dtype === 'BF16') return bits >>> 16;
    const exponent = ((bits >>> 23) & 255) - 112;
    const sign = (bits >>> 16) & 0x8000;
    return exponent <= 0 ? sign : sign | (exponent << 10) | ((bits >>> 13) & 1023);
  });
}

async function* stretch(
  halves: Uint16Array,
  name: string,
  shape: readonly number[],
): AsyncGenerator<Uint8Array> {
  let left = shape.reduce((product, size) => product * size, 1);
  let from = createHash('sha256').update(name).digest().readUInt32LE() % halves.length;
  while (left > 0) {
    const length = Math.min(left, halves.length - from);
    yield bytesOf(halves.subarray(from, from + length));
    left -= length;
    from = 0;
  }
}

/** A byte-level BPE tokenizer of this many tokens: bytes, then pairs of earlier tokens, as large as a real one. */
function tokenizerOf(vocabSize: number): object {
  const tokens = byteCharacters();
  const merges: string[] = [];
  for (let left = 0; tokens.length < vocabSize - 1; left++) {
    for (let right = 0; right < 256 && tokens.length < vocabSize - 1; right++) {
      merges.push(`${tokens[left]} ${tokens[right]}`);
      tokens.push(tokens[left] + tokens[right]);
    }
  }
  const end = { id: vocabSize - 1, content: '<|end|>', special: true };
  const plain = { single_word: false, lstrip: false, rstrip: false, normalized: false };
  const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true };
  return {
    version: '1.0',
    added_tokens: [{ ...end, ...plain }],
    normalizer: null,
    pre_tokenizer: byteLevel,
    post_processor: null,
    decoder: byteLevel,
    model: {
      type: 'BPE',
      byte_fallback: false,
      vocab: Object.fromEntries([...tokens, end.content].map((token, id) => [token, id])),
      merges,
    },
  };
}

/** The 256 characters that stand for bytes in byte-level BPE. */
function byteCharacters(): string[] {
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => {
    const printable = (byte > 32 && byte < 127) || (byte > 160 && byte !== 173);
    return String.fromCodePoint(printable ? byte : next++);
  });
}

function five(number: number): string {
  return String(number).padStart(5, '0');
}
