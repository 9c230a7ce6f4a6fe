// Writes small random checkpoints of the Llama family for tests, as Hugging Face would, and returns their
// weights. Not part of the library: only tests import it. The weights returned are those that the file holds,
// so that rounding to F16 or BF16 is already in them.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type FloatDtype, Random, widen } from '../core/index.ts';
import { type Architecture, type ModelConfig, parseConfig } from './config.ts';
import { bytesOf, encodeSafetensors, type TensorBytes } from './safetensorsWriter.ts';

/** What the model is like; every field has a default. */
export interface TinyModelOptions {
  readonly seed?: number;
  /** Qwen2 has biases on queries, keys and values, Qwen3 norms of queries and keys. */
  readonly architecture?: Architecture;
  readonly tied?: boolean;
  readonly dtype?: FloatDtype;
  /** 1 writes model.safetensors, more an index and so many shards. */
  readonly shards?: number;
  readonly layers?: number;
  readonly hiddenSize?: number;
  readonly queryHeads?: number;
  readonly kvHeads?: number;
  readonly headDim?: number;
  readonly intermediateSize?: number;
  readonly vocabSize?: number;
  readonly ropeTheta?: number;
  /** Entries of config.json to add or overwrite. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Changes the list of tensors before it is written, to damage it. */
  readonly change?: (tensors: readonly TensorBytes[]) => readonly TensorBytes[];
}

/** A weight as float32. */
export interface TinyTensor {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** What was written. */
export interface TinyModel {
  readonly folder: string;
  readonly config: ModelConfig;
  /** By Hugging Face name. */
  readonly weights: ReadonlyMap<string, TinyTensor>;
}

/** Writes config.json and the weights into `folder`, which is made if it is absent. */
export async function writeTinyModel(folder: string, options: TinyModelOptions = {}): Promise<TinyModel> {
  const { shards = 1, change } = options;
  const { json, config, weights, ...drawn } = drawTinyModel(options);
  let { tensors } = drawn;
  if (change !== undefined) tensors = change(tensors);
  await mkdir(folder, { recursive: true });
  // the config as asked for, even one that parseConfig refuses
  await writeFile(join(folder, 'config.json'), JSON.stringify({ ...json, ...options.config }, null, 2));
  await writeShards(folder, tensors, shards);
  return { folder, config, weights };
}

/** A model's config and weights, without a file. */
export function drawTinyModel(options: TinyModelOptions = {}): Omit<TinyModel, 'folder'> & {
  readonly json: Readonly<Record<string, unknown>>;
  readonly tensors: readonly TensorBytes[];
} {
  const { seed = 1, dtype = 'F32' } = options;
  const json = tinyConfig(options);
  const config = parseConfig(json, 'config.json');
  const random = new Random(seed);
  const weights = new Map<string, TinyTensor>();
  const tensors = tinyShapes(config).map(([name, shape]) => {
    const bytes = narrow(dtype, draw(random, name, shape));
    weights.set(name, { shape, values: widen(dtype, bytes) });
    return { name, dtype, shape, bytes };
  });
  return { json, config, weights, tensors };
}

function tinyConfig(options: TinyModelOptions): Readonly<Record<string, unknown>> {
  const { architecture = 'llama' } = options;
  return {
    architectures: [`${architecture[0].toUpperCase()}${architecture.slice(1)}ForCausalLM`],
    model_type: architecture,
    vocab_size: options.vocabSize ?? 96,
    hidden_size: options.hiddenSize ?? 64,
    intermediate_size: options.intermediateSize ?? 96,
    num_hidden_layers: options.layers ?? 2,
    num_attention_heads: options.queryHeads ?? 4,
    num_key_value_heads: options.kvHeads ?? 2,
    head_dim: options.headDim ?? 16,
    rope_theta: options.ropeTheta ?? 10000,
    rms_norm_eps: 1e-5,
    tie_word_embeddings: options.tied ?? true,
    max_position_embeddings: 512,
    ...(architecture === 'mistral' && { sliding_window: null }),
  };
}

/** Names and shapes of a checkpoint, written out once more so that the packer is tested against it. */
function tinyShapes(config: ModelConfig): readonly (readonly [string, readonly number[]])[] {
  const { vocabSize, hiddenSize, intermediateSize, queryHeads, kvHeads, headDim } = config;
  const shapes: [string, number[]][] = [['model.embed_tokens.weight', [vocabSize, hiddenSize]]];
  for (let layer = 0; layer < config.layers; layer++) {
    const at = `model.layers.${layer}`;
    shapes.push(
      [`${at}.input_layernorm.weight`, [hiddenSize]],
      [`${at}.self_attn.q_proj.weight`, [queryHeads * headDim, hiddenSize]],
      [`${at}.self_attn.k_proj.weight`, [kvHeads * headDim, hiddenSize]],
      [`${at}.self_attn.v_proj.weight`, [kvHeads * headDim, hiddenSize]],
      [`${at}.self_attn.o_proj.weight`, [hiddenSize, queryHeads * headDim]],
      [`${at}.post_attention_layernorm.weight`, [hiddenSize]],
      [`${at}.mlp.gate_proj.weight`, [intermediateSize, hiddenSize]],
      [`${at}.mlp.up_proj.weight`, [intermediateSize, hiddenSize]],
      [`${at}.mlp.down_proj.weight`, [hiddenSize, intermediateSize]],
    );
    if (config.qkvBias) {
      shapes.push(
        [`${at}.self_attn.q_proj.bias`, [queryHeads * headDim]],
        [`${at}.self_attn.k_proj.bias`, [kvHeads * headDim]],
        [`${at}.self_attn.v_proj.bias`, [kvHeads * headDim]],
      );
    }
    if (config.qkNorm) {
      shapes.push([`${at}.self_attn.q_norm.weight`, [headDim]], [`${at}.self_attn.k_norm.weight`, [headDim]]);
    }
  }
  shapes.push(['model.norm.weight', [hiddenSize]]);
  if (!config.tiedEmbeddings) shapes.push(['lm_head.weight', [vocabSize, hiddenSize]]);
  return shapes;
}

/** Normal numbers, drawn in the same order whatever the architecture. */
function draw(random: Random, name: string, shape: readonly number[]): Float32Array {
  const values = new Float32Array(shape.reduce((product, size) => product * size, 1));
  const [mean, deviation] = spread(name, shape);
  for (let i = 0; i < values.length; i++) {
    const radius = Math.sqrt(-2 * Math.log(1 - random.next()));
    values[i] = mean + deviation * radius * Math.cos(2 * Math.PI * random.next());
  }
  return values;
}

/**
 * Mean and deviation. Matrices have variance 2 / columns, so that attention is neither flat nor one-hot; norms
 * lie near 1, biases and norms of heads far enough from 0 and 1 that leaving them out shows.
 */
function spread(name: string, shape: readonly number[]): readonly [number, number] {
  if (name.endsWith('.bias')) return [0, 0.5];
  if (name.endsWith('q_norm.weight') || name.endsWith('k_norm.weight')) return [1.5, 0.4];
  return shape.length === 1 ? [1, 0.1] : [0, Math.sqrt(2 / shape[1])];
}

/** The bytes of `values` in a narrower type, cut towards zero; F16 turns what is below its range to zero. */
function narrow(dtype: FloatDtype, values: Float32Array): Uint8Array {
  if (dtype === 'F32') return bytesOf(values);
  const bits = new Uint32Array(values.buffer);
  const halves = Uint16Array.from(bits, (word) => {
    if (dtype === 'BF16') return word >>> 16;
    const exponent = ((word >>> 23) & 255) - 112;
    const sign = (word >>> 16) & 0x8000;
    return exponent <= 0 ? sign : sign | (exponent << 10) | ((word >>> 13) & 1023);
  });
  return bytesOf(halves);
}

async function writeShards(folder: string, tensors: readonly TensorBytes[], shards: number): Promise<void> {
  if (shards === 1) {
    await writeFile(join(folder, 'model.safetensors'), encodeSafetensors(tensors, { format: 'pt' }));
    return;
  }
  const weightMap: Record<string, string> = {};
  const pad = (number: number) => String(number).padStart(5, '0');
  for (let shard = 0; shard < shards; shard++) {
    const file = `model-${pad(shard + 1)}-of-${pad(shards)}.safetensors`;
    const share = tensors.filter((_, index) => index % shards === shard);
    for (const { name } of share) weightMap[name] = file;
    await writeFile(join(folder, file), encodeSafetensors(share, { format: 'pt' }));
  }
  const index = { metadata: {}, weight_map: weightMap };
  await writeFile(join(folder, 'model.safetensors.index.json'), JSON.stringify(index, null, 2));
}
