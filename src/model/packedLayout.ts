// Which tensors a packed file holds for a config and a weight type, and from which tensors of a Hugging
// Face checkpoint each is made. The packer makes these and the reader demands them, from this one list; the
// names and layouts are those of packed.ts.
import type { ModelConfig } from './config.ts';
import type { Dtype, LinearFormat, PackedTensor } from './packed.ts';

/** Rows [rows, columns] of a linear layer or of the embedding table, stored in some format. */
export interface PackedMatrix {
  readonly kind: 'matrix';
  readonly name: string;
  readonly rows: number;
  readonly columns: number;
  readonly format: LinearFormat;
  /** Stored [columns, rows]; in blocks never. */
  readonly transposed: boolean;
  /** The tensors whose rows, one after another, are these. */
  readonly sources: readonly { readonly name: string; readonly rows: number }[];
}

/** A vector of float32. */
export interface PackedVector {
  readonly kind: 'vector';
  readonly name: string;
  readonly length: number;
  /** The tensors that, one after another, are this one. */
  readonly sources: readonly { readonly name: string; readonly length: number }[];
}

/** One or two tensors of a packed file. */
export type PackedPart = PackedMatrix | PackedVector;

/** What a tensor of a packed file must be. */
export interface ExpectedTensor {
  readonly name: string;
  readonly dtype: PackedTensor['dtype'];
  readonly shape: readonly number[];
}

/** All weight types. */
export const dtypes: readonly Dtype[] = ['fp32', 'q8', 'q4'];

const float: LinearFormat = { kind: 'float' };
const q8: LinearFormat = { kind: 'blocks', bits: 8, block: 128 };
const q4: LinearFormat = { kind: 'blocks', bits: 4, block: 32 };

/**
 * The parts of a packed file. `formats` holds the matrices that are stored in another format than the weight
 * type's own: those of a file that was quantised before and is kept as it is.
 */
export function packedParts(
  config: ModelConfig,
  dtype: Dtype,
  formats: ReadonlyMap<string, LinearFormat> = new Map(),
): readonly PackedPart[] {
  return plainParts(config, dtype).map((part) => {
    const format = part.kind === 'matrix' ? formats.get(part.name) : undefined;
    return format === undefined || part.kind === 'vector' ? part : { ...part, format, transposed: false };
  });
}

function plainParts(config: ModelConfig, dtype: Dtype): readonly PackedPart[] {
  const { hiddenSize, vocabSize, tiedEmbeddings } = config;
  const layerFormat = dtype === 'fp32' ? float : dtype === 'q8' ? q8 : q4;
  // q4 keeps table and head in 8 bits: so small a share of a large model, so large a share of its quality
  const edgeFormat = dtype === 'fp32' ? float : q8;
  const table = 'model.embed_tokens.weight';
  const embed = matrix('embed', hiddenSize, edgeFormat, [{ name: table, rows: vocabSize }], false);
  const parts: PackedPart[] = [embed];
  for (let layer = 0; layer < config.layers; layer++) parts.push(...layerParts(config, layer, layerFormat));
  parts.push(vector('norm', [{ name: 'model.norm.weight', length: hiddenSize }]));
  if (dtype === 'fp32' || !tiedEmbeddings) {
    const source = tiedEmbeddings ? table : 'lm_head.weight';
    parts.push(matrix('head', hiddenSize, edgeFormat, [{ name: source, rows: vocabSize }]));
  }
  return parts;
}

function layerParts(config: ModelConfig, layer: number, format: LinearFormat): readonly PackedPart[] {
  const { hiddenSize, intermediateSize, headDim } = config;
  const queries = config.queryHeads * headDim;
  const keys = config.kvHeads * headDim;
  const at = (name: string) => `model.layers.${layer}.${name}`;
  const norm = (name: string, source: string, length = hiddenSize): PackedVector =>
    vector(`${layer}.${name}`, [{ name: at(`${source}.weight`), length }]);
  const linear = (name: string, columns: number, sources: readonly [string, number][]) =>
    matrix(
      `${layer}.${name}`,
      columns,
      format,
      sources.map(([source, rows]) => ({ name: at(`${source}.weight`), rows })),
    );
  const projections: readonly [string, number][] = [
    ['self_attn.q_proj', queries],
    ['self_attn.k_proj', keys],
    ['self_attn.v_proj', keys],
  ];
  const parts: PackedPart[] = [norm('norm1', 'input_layernorm'), linear('qkv', hiddenSize, projections)];
  if (config.qkvBias) {
    const biases = projections.map(([source, length]) => ({ name: at(`${source}.bias`), length }));
    parts.push(vector(`${layer}.qkvBias`, biases));
  }
  if (config.qkNorm) {
    parts.push(norm('qNorm', 'self_attn.q_norm', headDim), norm('kNorm', 'self_attn.k_norm', headDim));
  }
  parts.push(
    linear('o', queries, [['self_attn.o_proj', hiddenSize]]),
    norm('norm2', 'post_attention_layernorm'),
    linear('gateUp', hiddenSize, [
      ['mlp.gate_proj', intermediateSize],
      ['mlp.up_proj', intermediateSize],
    ]),
    linear('down', intermediateSize, [['mlp.down_proj', hiddenSize]]),
  );
  return parts;
}

function vector(name: string, sources: PackedVector['sources']): PackedVector {
  return { kind: 'vector', name, length: sources.reduce((sum, source) => sum + source.length, 0), sources };
}

function matrix(
  name: string,
  columns: number,
  format: LinearFormat,
  sources: PackedMatrix['sources'],
  transposed = format.kind === 'float',
): PackedMatrix {
  const rows = sources.reduce((sum, source) => sum + source.rows, 0);
  return { kind: 'matrix', name, rows, columns, format, transposed, sources };
}

/** The tensors of a part: a vector or a float matrix is one, a matrix in blocks two, codes then scales. */
export function tensorsOf(part: PackedPart): readonly ExpectedTensor[] {
  if (part.kind === 'vector') return [{ name: part.name, dtype: 'F32', shape: [part.length] }];
  const { name, rows, columns, format, transposed } = part;
  if (format.kind === 'float') {
    return [{ name: `${name}.weight`, dtype: 'F32', shape: transposed ? [columns, rows] : [rows, columns] }];
  }
  const blocks = Math.ceil(columns / format.block);
  return [
    { name: `${name}.weight`, dtype: 'U8', shape: [rows, blocks, (format.block * format.bits) / 8] },
    { name: `${name}.scales`, dtype: 'F32', shape: [rows, blocks] },
  ];
}
