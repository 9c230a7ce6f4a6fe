// What the graph must know of a model, read from a Hugging Face config.json (architecture `llama`).
// Refuses what the graph would compute wrongly instead of guessing: other architectures, biases, rope
// scaling, activations other than SiLU. Defaults are those of transformers' LlamaConfig.
import { TreekvError } from '../core/index.ts';

/** The families that the graph computes: Llama, and what differs from it by a field below. */
export type Architecture = 'llama' | 'mistral' | 'qwen2' | 'qwen3';

/** How the frequencies of the rotary embedding are stretched for a longer context. */
export type RopeScaling =
  /** Llama 3.1: low frequencies divided by `factor`, high ones kept, those between blended. */
  | {
      readonly kind: 'llama3';
      readonly factor: number;
      readonly lowFreqFactor: number;
      readonly highFreqFactor: number;
      readonly originalMaxPositions: number;
    }
  /** [D/2] what each frequency is divided by, as GGUF files say it. */
  | { readonly kind: 'factors'; readonly factors: readonly number[] };

/** The numbers of a decoder-only model. */
export interface ModelConfig {
  readonly architecture: Architecture;
  /** Vocabulary, V. */
  readonly vocabSize: number;
  /** Width of the residual stream, d. */
  readonly hiddenSize: number;
  /** Width of the feed-forward layer. */
  readonly intermediateSize: number;
  /** Layers, L. */
  readonly layers: number;
  /** Query heads, H = kvHeads * group. */
  readonly queryHeads: number;
  /** KV heads, Hkv. */
  readonly kvHeads: number;
  /** Width of a head, D; even. */
  readonly headDim: number;
  readonly ropeTheta: number;
  readonly ropeScaling: RopeScaling | null;
  /** Positions that a query looks back over, itself included; null for all. */
  readonly slidingWindow: number | null;
  /** The projections of queries, keys and values add a bias (Qwen2). */
  readonly qkvBias: boolean;
  /** Queries and keys are normed per head before the rotary embedding (Qwen3). */
  readonly qkNorm: boolean;
  readonly rmsNormEps: number;
  /** The output projection is the embedding table. */
  readonly tiedEmbeddings: boolean;
  /** Context length the model was trained for; stated, never enforced. */
  readonly maxPositions: number;
}

type Json = Readonly<Record<string, unknown>>;

const wayOut = 'treekv runs Llama models with SiLU, RMSNorm, plain rotary embeddings and no biases';

/** Reads a Hugging Face config.json, already parsed; `file` names it in errors. */
export function parseConfig(json: unknown, file: string): ModelConfig {
  const config = asObject(json, file);
  refuseOtherArchitectures(config, file);
  refuseOtherFeatures(config, file);
  const hiddenSize = count(config, 'hidden_size', file);
  const queryHeads = count(config, 'num_attention_heads', file);
  return check(
    {
      architecture: 'llama',
      vocabSize: count(config, 'vocab_size', file),
      hiddenSize,
      intermediateSize: count(config, 'intermediate_size', file),
      layers: count(config, 'num_hidden_layers', file),
      queryHeads,
      kvHeads: count(config, 'num_key_value_heads', file, queryHeads),
      headDim: count(config, 'head_dim', file, hiddenSize / queryHeads),
      ropeTheta: ropeTheta(config, file),
      ropeScaling: null,
      slidingWindow: null,
      qkvBias: false,
      qkNorm: false,
      rmsNormEps: positive(config, 'rms_norm_eps', file, 1e-6),
      tiedEmbeddings: flag(config, 'tie_word_embeddings', file, false),
      maxPositions: count(config, 'max_position_embeddings', file, 2048),
    },
    file,
  );
}

/** Reads back a ModelConfig that was stored as JSON in a packed file, and checks it as strictly. */
export function restoreConfig(json: unknown, file: string): ModelConfig {
  const config = asObject(json, file);
  if (config.architecture !== 'llama') throw unsupported(file, 'architecture', config.architecture);
  return check(
    {
      architecture: 'llama',
      vocabSize: count(config, 'vocabSize', file),
      hiddenSize: count(config, 'hiddenSize', file),
      intermediateSize: count(config, 'intermediateSize', file),
      layers: count(config, 'layers', file),
      queryHeads: count(config, 'queryHeads', file),
      kvHeads: count(config, 'kvHeads', file),
      headDim: count(config, 'headDim', file),
      ropeTheta: positive(config, 'ropeTheta', file),
      ropeScaling: null,
      slidingWindow: null,
      qkvBias: false,
      qkNorm: false,
      rmsNormEps: positive(config, 'rmsNormEps', file),
      tiedEmbeddings: flag(config, 'tiedEmbeddings', file, false),
      maxPositions: count(config, 'maxPositions', file),
    },
    file,
  );
}

/** The JSON that `restoreConfig` reads; what a plain Llama lacks is left out. */
export function storeConfig(config: ModelConfig): string {
  return JSON.stringify(config, (_, value: unknown) =>
    value === null || value === false ? undefined : value,
  );
}

function refuseOtherArchitectures(config: Json, file: string): void {
  const { model_type: type, architectures } = config;
  const names = Array.isArray(architectures) ? architectures : [];
  const other = names.find((name) => name !== 'LlamaForCausalLM');
  if (other !== undefined) throw unsupported(file, 'the architecture', other);
  if (type !== 'llama' && (type != null || names.length === 0)) throw unsupported(file, 'model_type', type);
}

function refuseOtherFeatures(config: Json, file: string): void {
  for (const key of ['attention_bias', 'mlp_bias']) {
    if (flag(config, key, file, false)) throw unsupported(file, key, true);
  }
  const activation = config.hidden_act ?? 'silu';
  if (activation !== 'silu') throw unsupported(file, 'hidden_act', activation);
  if (config.quantization_config != null) {
    throw unsupported(file, 'quantization_config', config.quantization_config, 'give the unquantised model');
  }
  const partial = config.partial_rotary_factor ?? 1;
  if (partial !== 1) throw unsupported(file, 'partial_rotary_factor', partial);
}

/** The base of the rotary embedding; since transformers 5 it lies in `rope_parameters`. */
function ropeTheta(config: Json, file: string): number {
  for (const key of ['rope_scaling', 'rope_parameters']) {
    if (config[key] == null) continue;
    const rope = asObject(config[key], file, key);
    const type = rope.rope_type ?? rope.type ?? 'default';
    if (type !== 'default') throw unsupported(file, `${key} of type`, type);
    const partial = rope.partial_rotary_factor ?? 1;
    if (partial !== 1) throw unsupported(file, `${key}.partial_rotary_factor`, partial);
  }
  const parameters = config.rope_parameters == null ? {} : asObject(config.rope_parameters, file);
  const old = positive(config, 'rope_theta', file, 10000);
  const theta = positive(parameters, 'rope_theta', file, old);
  if (config.rope_theta != null && theta !== old) {
    throw new TreekvError(
      'BAD_FILE',
      `${file}: rope_theta is ${old} but rope_parameters.rope_theta is ${theta}; remove the wrong one`,
      { file, ropeTheta: old, ropeParametersTheta: theta },
    );
  }
  return theta;
}

function check(config: ModelConfig, file: string): ModelConfig {
  const { queryHeads, kvHeads, headDim } = config;
  if (queryHeads % kvHeads !== 0) {
    throw new TreekvError(
      'BAD_FILE',
      `${file}: ${queryHeads} query heads cannot be shared out over ${kvHeads} KV heads; num_attention_heads ` +
        'must be a multiple of num_key_value_heads',
      { file, queryHeads, kvHeads },
    );
  }
  if (headDim % 2 !== 0) throw unsupported(file, 'an odd head_dim', headDim, 'rotary embeddings turn pairs');
  return config;
}

function asObject(json: unknown, file: string, key?: string): Json {
  if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json as Json;
  const what = key === undefined ? 'the file' : key;
  throw new TreekvError('BAD_FILE', `${file}: ${what} must be a JSON object`, { file, key });
}

/** A positive integer; null counts as absent, as in transformers. */
function count(config: Json, key: string, file: string, fallback?: number): number {
  const value = config[key] ?? fallback;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value > 0) return value;
  throw badValue(file, key, value, 'a positive integer');
}

function positive(config: Json, key: string, file: string, fallback?: number): number {
  const value = config[key] ?? fallback;
  if (typeof value === 'number' && Number.isFinite(value) && value > 0) return value;
  throw badValue(file, key, value, 'a positive number');
}

function flag(config: Json, key: string, file: string, fallback?: boolean): boolean {
  const value = config[key] ?? fallback;
  if (typeof value === 'boolean') return value;
  throw badValue(file, key, value, 'true or false');
}

function badValue(file: string, key: string, value: unknown, wanted: string): TreekvError {
  const found = value === undefined ? 'is absent' : `is ${JSON.stringify(value)}`;
  return new TreekvError('BAD_FILE', `${file}: ${key} ${found}; it must be ${wanted}`, { file, key, value });
}

function unsupported(file: string, what: string, value: unknown, hint = wayOut): TreekvError {
  const shown = value === undefined ? 'absent' : JSON.stringify(value);
  return new TreekvError('UNSUPPORTED', `${file}: ${what} ${shown} is not supported; ${hint}`, {
    file,
    what,
    value,
  });
}
