// What the graph must know of a model, in the form of a Hugging Face config.json for `parseConfig` of model/,
// which judges it like any other. Refused here is what a config.json could not say, so that parseConfig would
// miss it: layers that differ, heads of two widths, partial rotary embeddings, experts, scales of logits.
import type { GgufMetadata, GgufTensor } from './gguf.ts';
import { MetadataReader } from './metadataReader.ts';

type Tensors = ReadonlyMap<string, Pick<GgufTensor, 'shape'>>;
type Config = Record<string, unknown>;

const families: ReadonlyMap<string, string> = new Map([
  ['llama', 'LlamaForCausalLM'],
  ['mistral', 'MistralForCausalLM'],
  ['qwen2', 'Qwen2ForCausalLM'],
  ['qwen3', 'Qwen3ForCausalLM'],
]);

/** Keys that change what is computed, with the value at which they do not. */
const neutral: ReadonlyMap<string, number | boolean> = new Map<string, number | boolean>([
  ['expert_count', 0],
  ['attention.causal', true],
  ['attention.scale', 0],
  ['attention.clamp_kqv', 0],
  ['attention.max_alibi_bias', 0],
  ['attn_logit_softcapping', 0],
  ['final_logit_softcapping', 0],
  ['logit_scale', 1],
  ['embedding_scale', 1],
  ['residual_scale', 1],
  ['rope.scale_linear', 1],
]);

/**
 * The config.json of the model; one of an architecture that treekv does not know holds no more than its name. The
 * rotary embedding's `rope_freqs.weight` is not looked at. Throws BAD_FILE or UNSUPPORTED.
 */
export function ggufConfig(metadata: GgufMetadata, tensors: Tensors, file: string): Config {
  const reader = new MetadataReader(metadata, file);
  const key = 'general.architecture';
  const architecture = reader.required(key, reader.text(key));
  if (!families.has(architecture)) return { model_type: architecture };
  refuseOtherFeatures(reader, architecture);
  const count = (name: string) => perModel(reader, `${architecture}.${name}`);
  const needed = (name: string) => reader.required(`${architecture}.${name}`, count(name));
  const queryHeads = needed('attention.head_count');
  const hiddenSize = needed('embedding_length');
  const window = slidingWindow(reader, architecture);
  // Mistral's models are stored as Llama's, and no Llama has a window.
  const type = architecture === 'llama' && window !== null ? 'mistral' : architecture;
  return {
    model_type: type,
    architectures: [families.get(type)],
    vocab_size: vocabSize(reader, tensors),
    hidden_size: hiddenSize,
    intermediate_size: needed('feed_forward_length'),
    num_hidden_layers: needed('block_count'),
    num_attention_heads: queryHeads,
    num_key_value_heads: count('attention.head_count_kv') ?? queryHeads,
    head_dim: headDim(reader, architecture, hiddenSize / queryHeads),
    max_position_embeddings: needed('context_length'),
    hidden_act: reader.text(`${architecture}.hidden_activation`) ?? 'silu',
    rms_norm_eps: required(reader, `${architecture}.attention.layer_norm_rms_epsilon`),
    rope_theta: reader.number(`${architecture}.rope.freq_base`) ?? 10000,
    ...ropeScaling(reader, architecture),
    sliding_window: window,
    ...biases(tensors, type),
    tie_word_embeddings: !tensors.has('output.weight'),
  };
}

function required(reader: MetadataReader, key: string): number {
  return reader.required(key, reader.number(key));
}

/** A count that holds for all layers. */
function perModel(reader: MetadataReader, key: string): number | undefined {
  if (!ArrayBuffer.isView(reader.metadata.get(key))) return reader.count(key);
  throw reader.unsupported(`${key} is a list: layers that differ from one another are not supported`, {
    key,
  });
}

function refuseOtherFeatures(reader: MetadataReader, architecture: string): void {
  for (const [name, value] of neutral) {
    const key = `${architecture}.${name}`;
    const found = reader.metadata.get(key);
    if (found === undefined || found === value) continue;
    const shown = typeof found === 'object' ? 'a list' : found;
    const why = name === 'expert_count' ? 'mixtures of experts are not supported' : 'this is not supported';
    throw reader.unsupported(`${key} is ${shown}: ${why}`, { key, value: found });
  }
}

/** Width of a head: keys, values and the rotary embedding must agree on it. */
function headDim(reader: MetadataReader, architecture: string, fallback: number): number {
  const keyLength = `${architecture}.attention.key_length`;
  const width = reader.count(keyLength) ?? fallback;
  for (const name of ['attention.value_length', 'rope.dimension_count']) {
    const key = `${architecture}.${name}`;
    const other = reader.count(key) ?? (name === 'attention.value_length' ? fallback : width);
    if (other === width) continue;
    throw reader.unsupported(
      `${key} is ${other}, but a head's keys have ${width} numbers; treekv needs them to be equal`,
      { key, value: other, keyLength: width },
    );
  }
  return width;
}

/** Handed on as it is: which kinds of scaling run is for parseConfig to say. */
function ropeScaling(reader: MetadataReader, architecture: string): Config {
  const type = reader.text(`${architecture}.rope.scaling.type`) ?? 'none';
  if (type === 'none') return {};
  return {
    rope_scaling: { rope_type: type, factor: reader.number(`${architecture}.rope.scaling.factor`) ?? null },
  };
}

/** Positions that all layers look back over; null for all. */
function slidingWindow(reader: MetadataReader, architecture: string): number | null {
  const key = `${architecture}.attention.sliding_window`;
  const window = perModel(reader, key) ?? 0;
  if (window === 0) return null;
  if (architecture !== 'qwen2' && architecture !== 'qwen3') return window;
  // Qwen's windows begin at a layer that a GGUF file does not name.
  throw reader.unsupported(`${key} is ${window}, but not for which layers: this is not supported`, {
    key,
    window,
  });
}

/** Biases that only the tensors tell of; Qwen2 always has those of the attention. */
function biases(tensors: Tensors, type: string): Config {
  const has = (...names: string[]) => names.some((name) => tensors.has(`blk.0.${name}.bias`));
  const attention = has('attn_output') || (type !== 'qwen2' && has('attn_q', 'attn_k', 'attn_v'));
  const mlp = has('ffn_gate', 'ffn_up', 'ffn_down');
  return { ...(attention ? { attention_bias: true } : {}), ...(mlp ? { mlp_bias: true } : {}) };
}

/** Rows of the embedding table; there may be more than tokens, as padding. */
function vocabSize(reader: MetadataReader, tensors: Tensors): number {
  const name = 'token_embd.weight';
  const rows = reader.required(name, tensors.get(name)).shape[0];
  const key = 'tokenizer.ggml.tokens';
  const tokens = reader.required(key, reader.texts(key)).length;
  if (rows >= tokens) return rows;
  throw reader.bad(`there are ${tokens} tokens, but ${name} has ${rows} rows`, { tokens, rows });
}
