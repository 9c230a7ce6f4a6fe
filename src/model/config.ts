// What the graph must know of a model: read from a Hugging Face config.json, stored in packed files and read
// back. Refuses what the graph would compute wrongly instead of guessing; what a config leaves out has the
// defaults of transformers' config classes. Families, rotary scaling and windows lie in files of their own.
import { TreekvError } from '../core/index.ts';
import { type Architecture, architectures, familyOf, wayOut } from './architecture.ts';
import { asObject, count, flag, type Json, positive, unsupported } from './configFields.ts';
import { type RopeScaling, readRope, restoreRopeScaling } from './ropeConfig.ts';
import { readSlidingWindow } from './windowConfig.ts';

export type { Architecture } from './architecture.ts';
export type { RopeScaling } from './ropeConfig.ts';

/** The numbers of a decoder-only model. */
export interface ModelConfig {
  /** The family, as config.json names it. */
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
  /** Base of the rotary embedding's frequencies. */
  readonly ropeTheta: number;
  /** How those are scaled; null where they are not. */
  readonly ropeScaling: RopeScaling | null;
  /** Positions that a query looks back over, itself included; null for all. */
  readonly slidingWindow: number | null;
  /** The projections of queries, keys and values add a bias (Qwen2). */
  readonly qkvBias: boolean;
  /** Queries and keys are normed per head before the rotary embedding (Qwen3). */
  readonly qkNorm: boolean;
  /** What the norms add to the mean square. */
  readonly rmsNormEps: number;
  /** The output projection is the embedding table. */
  readonly tiedEmbeddings: boolean;
  /** Context length the model was trained for; stated, never enforced. */
  readonly maxPositions: number;
}

/** Reads a Hugging Face config.json, already parsed; `file` names it in errors. */
export function parseConfig(json: unknown, file: string): ModelConfig {
  const config = asObject(json, file);
  const family = familyOf(config, file);
  refuseOtherFeatures(config, file);
  const hiddenSize = count(config, 'hidden_size', file);
  const layers = count(config, 'num_hidden_layers', file);
  const queryHeads = count(config, 'num_attention_heads', file);
  // null stands for the query heads even where a config without the entry means another number
  const kvHeads = config.num_key_value_heads === null ? queryHeads : (family.kvHeads ?? queryHeads);
  return check(
    {
      architecture: family.architecture,
      vocabSize: count(config, 'vocab_size', file),
      hiddenSize,
      intermediateSize: count(config, 'intermediate_size', file),
      layers,
      queryHeads,
      kvHeads: count(config, 'num_key_value_heads', file, kvHeads),
      headDim: count(config, 'head_dim', file, family.headDim ?? hiddenSize / queryHeads),
      ...readRope(config, file),
      slidingWindow: readSlidingWindow(config, family.architecture, layers, file),
      qkvBias: family.qkvBias,
      qkNorm: family.qkNorm,
      rmsNormEps: positive(config, 'rms_norm_eps', file, 1e-6),
      tiedEmbeddings: flag(config, 'tie_word_embeddings', file, false),
      maxPositions: count(config, 'max_position_embeddings', file, family.maxPositions),
    },
    file,
  );
}

/** Reads back a ModelConfig that was stored as JSON in a packed file, and checks it as strictly. */
export function restoreConfig(json: unknown, file: string): ModelConfig {
  const config = asObject(json, file);
  const architecture = architectures.find((known) => known === config.architecture);
  if (architecture === undefined) throw unsupported(file, 'architecture', config.architecture, wayOut);
  const headDim = count(config, 'headDim', file);
  return check(
    {
      architecture,
      vocabSize: count(config, 'vocabSize', file),
      hiddenSize: count(config, 'hiddenSize', file),
      intermediateSize: count(config, 'intermediateSize', file),
      layers: count(config, 'layers', file),
      queryHeads: count(config, 'queryHeads', file),
      kvHeads: count(config, 'kvHeads', file),
      headDim,
      ropeTheta: positive(config, 'ropeTheta', file),
      ropeScaling: restoreRopeScaling(config.ropeScaling, headDim, file),
      slidingWindow: config.slidingWindow == null ? null : count(config, 'slidingWindow', file),
      qkvBias: flag(config, 'qkvBias', file, false),
      qkNorm: flag(config, 'qkNorm', file, false),
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

function refuseOtherFeatures(config: Json, file: string): void {
  if (flag(config, 'attention_bias', file, false)) {
    const hint = `it adds a bias to the output of attention too, which treekv does not; ${wayOut}`;
    throw unsupported(file, 'attention_bias', true, hint);
  }
  if (flag(config, 'mlp_bias', file, false)) throw unsupported(file, 'mlp_bias', true, wayOut);
  const activation = config.hidden_act ?? 'silu';
  if (activation !== 'silu') throw unsupported(file, 'hidden_act', activation, wayOut);
  if (config.quantization_config != null) {
    throw unsupported(file, 'quantization_config', config.quantization_config, 'give the unquantised model');
  }
  const partial = config.partial_rotary_factor ?? 1;
  if (partial !== 1) throw unsupported(file, 'partial_rotary_factor', partial, wayOut);
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
