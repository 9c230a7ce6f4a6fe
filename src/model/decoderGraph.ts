// Draws a decoder of the Llama family as an ONNX graph over a slot cache. The graph is one for prefill and
// decode, and for any batch B, tokens T and slots C: the cache comes in, only the new keys and values go out.
// Attention is composed of standard operators, since that is the only form that gives probabilities on every
// ORT backend; what not every family has (biases, norms of heads) is drawn only where the config has it.
//
// Shapes: B rows, T tokens a row, d hidden, H query heads, Hkv KV heads, G = H / Hkv, D head, V vocabulary;
// N = B*Hkv, because heads are folded into the batch before the rotary embedding. Per layer l: C_l slots and
// R_l score rows. A query's row index is g*T + t.
//
//   in   x [B, T, d] embedding rows          cos, sin [P, D/2] rotary tables
//        causal [G*T, T] 0 or -1e30          pick [M] rows b*T + t to project, target [S] for the first S
//        K_l, V_l [N, C_l, D] keys before RoPE, values       pos_l [N, C_l], posNew_l [N, T] positions
//        bias_l [N, 1, C_l] 0, or -1e30 for an empty slot    qw_l [N, R_l, G*T] weights of the queries
//   out  logits [M-S, V], nll [S]            mass: of each layer [N, R_l, C_l+T], one after the other
//        fresh [2L*N, T, D] the new keys, then the new values, of each layer
//
// All layers' mass comes out as one tensor, and so do all new entries: each output of a run costs the host more
// than joining them costs the graph.
import { basename } from 'node:path';
import type { ModelConfig } from './config.ts';
import { type Dimension, ElementType, OnnxGraph, type Value } from './onnxGraph.ts';
import type { PackedTensor, PackedWeights } from './packed.ts';

const { float, int64, uint8 } = ElementType;
const END = Number.MAX_SAFE_INTEGER;

/** The serialized ONNX model for packed weights; the weights stay in their file, beside which it must run. */
export function decoderGraph(weights: PackedWeights): Uint8Array {
  const { config } = weights;
  const graph = new OnnxGraph('decoder');
  const shapes = new Shapes(graph, config);

  const joined: Joined = { mass: [], fresh: [] };
  let [normed, residual] = ['', shapes.x];
  normed = rmsNorm(graph, weights, residual, '0.norm1');
  for (let l = 0; l < config.layers; l++) {
    const attended = attention(graph, weights, shapes, l, normed, joined);
    [normed, residual] = addAndNorm(graph, weights, attended, residual, `${l}.norm2`);
    const fed = feedForward(graph, weights, l, normed);
    const next = l + 1 < config.layers ? `${l + 1}.norm1` : 'norm';
    [normed, residual] = addAndNorm(graph, weights, fed, residual, next);
  }
  graph.output('mass', graph.op('Concat', joined.mass, { axis: 0 }), float, ['Mass']);
  const fresh = graph.op('Concat', joined.fresh, { axis: 0 });
  graph.output('fresh', fresh, float, ['Fresh', 'T', config.headDim]);
  project(graph, weights, normed);
  return graph.finish();
}

/** The inputs and reshape targets that all layers share. */
class Shapes {
  readonly x: Value;
  readonly cos: Value;
  readonly sin: Value;
  readonly causal: Value;
  /** [-1, T, D]: folded keys and values. */
  readonly foldedKeys: Value;
  /** [-1, T, G*D]: folded queries, the group side by side for the rotary embedding. */
  readonly foldedQueries: Value;
  /** [-1, T, G, D]. */
  readonly groupedQueries: Value;
  /** [-1, H, T, D]: attention outputs by query head. */
  readonly byQueryHead: Value;

  constructor(graph: OnnxGraph, config: ModelConfig) {
    const { headDim: D, queryHeads: H, kvHeads } = config;
    const G = H / kvHeads;
    this.x = graph.input('x', float, ['B', 'T', config.hiddenSize]);
    this.cos = graph.input('cos', float, ['P', D / 2]);
    this.sin = graph.input('sin', float, ['P', D / 2]);
    this.causal = graph.input('causal', float, ['GT', 'T']);
    const T = graph.op('Slice', [graph.op('Shape', [this.x]), graph.ints([1]), graph.ints([2])]);
    const shape = (...sizes: (number | 'T')[]): Value =>
      graph.op(
        'Concat',
        sizes.map((size) => (size === 'T' ? T : graph.ints([size]))),
        { axis: 0 },
      );
    this.foldedKeys = shape(-1, 'T', D);
    this.foldedQueries = shape(-1, 'T', G * D);
    this.groupedQueries = shape(-1, 'T', G, D);
    this.byQueryHead = shape(-1, H, 'T', D);
  }
}

/** What all layers put out together. */
interface Joined {
  /** Of each layer, flat. */
  readonly mass: Value[];
  /** [N, T, D] keys and values in turns. */
  readonly fresh: Value[];
}

/** One layer's attention: normed input [B, T, d] to output [B, T, d]; declares its inputs, adds to what comes out. */
function attention(
  graph: OnnxGraph,
  weights: PackedWeights,
  shapes: Shapes,
  layer: number,
  x: Value,
  joined: Joined,
): Value {
  const { headDim: D, queryHeads: H, kvHeads, qkvBias, qkNorm } = weights.config;
  const G = H / kvHeads;
  const N = 'BHkv';
  const C = `C_${layer}`;
  const R = `R_${layer}`;
  const input = (name: string, type: typeof float | typeof int64, dimensions: Dimension[]): Value =>
    graph.input(`${name}_${layer}`, type, dimensions);
  const keys = input('K', float, [N, C, D]);
  const values = input('V', float, [N, C, D]);
  const positions = input('pos', int64, [N, C]);
  const bias = input('bias', float, [N, 1, C]);
  const newPositions = input('posNew', int64, [N, 'T']);
  const queryWeights = input('qw', float, [N, R, 'GT']);

  const swapTokensAndHeads = { perm: [0, 2, 1, 3] };
  const reshape = (value: Value, shape: Value): Value => graph.op('Reshape', [value, shape]);
  // [B, T, Hkv * width] -> [N, T, width]
  const fold = (value: Value, width: number, folded: Value): Value => {
    const byHead = reshape(value, graph.ints([0, 0, kvHeads, width]));
    return reshape(graph.op('Transpose', [byHead], swapTokensAndHeads), folded);
  };
  const rotate = (value: Value, at: Value): Value =>
    graph.microsoft('RotaryEmbedding', [value, at, shapes.cos, shapes.sin])[0];
  // [N, G*T, D] x [N, S, D] -> [N, G*T, S]
  const dots = (queries: Value, against: Value): Value =>
    graph.op('MatMul', [queries, graph.op('Transpose', [against], { perm: [0, 2, 1] })]);

  // [B, T, heads * D] -> [B, T, heads, D], each head normed; `fold` takes either shape
  const norm = (value: Value, heads: number, name: string): Value =>
    qkNorm
      ? rmsNorm(graph, weights, reshape(value, graph.ints([0, 0, heads, D])), `${layer}.${name}`)
      : value;

  const projected = linear(graph, weights, `${layer}.qkv`, x);
  const biased = qkvBias
    ? graph.op('Add', [projected, packed(graph, weights, `${layer}.qkvBias`)])
    : projected;
  const [q, k, v] = graph.split(biased, [H * D, kvHeads * D, kvHeads * D]);
  const newKeys = fold(norm(k, kvHeads, 'kNorm'), D, shapes.foldedKeys);
  const newValues = fold(v, D, shapes.foldedKeys);
  joined.fresh.push(newKeys, newValues);

  const foldedQueries = fold(norm(q, H, 'qNorm'), G * D, shapes.foldedQueries);
  const rotated = reshape(rotate(foldedQueries, newPositions), shapes.groupedQueries);
  const queries = reshape(
    graph.op(
      'Transpose',
      [graph.op('Mul', [rotated, graph.floats([1 / Math.sqrt(D)], [])])],
      swapTokensAndHeads,
    ),
    graph.ints([0, -1, D]),
  );
  const cached = graph.op('Add', [dots(queries, rotate(keys, positions)), bias]);
  const fresh = graph.op('Add', [dots(queries, rotate(newKeys, newPositions)), shapes.causal]);
  const probabilities = graph.op('Softmax', [graph.op('Concat', [cached, fresh], { axis: 2 })], { axis: -1 });
  joined.mass.push(reshape(graph.op('MatMul', [queryWeights, probabilities]), graph.ints([-1])));

  const mixed = graph.op('MatMul', [probabilities, graph.op('Concat', [values, newValues], { axis: 1 })]);
  const byToken = graph.op('Transpose', [reshape(mixed, shapes.byQueryHead)], swapTokensAndHeads);
  return linear(graph, weights, `${layer}.o`, reshape(byToken, graph.ints([0, 0, H * D])));
}

/** SwiGLU: [B, T, d] -> [B, T, d]. */
function feedForward(graph: OnnxGraph, weights: PackedWeights, layer: number, x: Value): Value {
  const width = weights.config.intermediateSize;
  const [gate, up] = graph.split(linear(graph, weights, `${layer}.gateUp`, x), [width, width]);
  // QuickGelu with alpha 1 is SiLU, in one kernel on every backend.
  const [activated] = graph.microsoft('QuickGelu', [gate], { alpha: { float: 1 } });
  return linear(graph, weights, `${layer}.down`, graph.op('Mul', [activated, up]));
}

/** Logits and negative log-likelihoods of the rows picked; nothing is projected that nobody asks for. */
function project(graph: OnnxGraph, weights: PackedWeights, normed: Value): void {
  const { vocabSize, hiddenSize, tiedEmbeddings } = weights.config;
  const pick = graph.input('pick', int64, ['M']);
  const target = graph.input('target', int64, ['S']);
  const rows = graph.op('Reshape', [normed, graph.ints([-1, hiddenSize])]);
  const picked = graph.op('Gather', [rows, pick], { axis: 0 });
  const head = tiedEmbeddings && weights.format('embed').kind === 'blocks' ? 'embed' : 'head';
  const projected = linear(graph, weights, head, picked);
  const scoredCount = graph.op('Shape', [target]);
  const scored = graph.op('Slice', [projected, graph.ints([0]), scoredCount, graph.ints([0])]);
  const logits = graph.op('Slice', [projected, scoredCount, graph.ints([END]), graph.ints([0])]);
  const logProbabilities = graph.op('LogSoftmax', [scored], { axis: -1 });
  const column = graph.op('Unsqueeze', [target, graph.ints([1])]);
  const likelihoods = graph.op('GatherElements', [logProbabilities, column], { axis: 1 });
  const nll = graph.op('Squeeze', [graph.op('Neg', [likelihoods]), graph.ints([1])]);
  graph.output('logits', logits, float, ['L', vocabSize]);
  graph.output('nll', nll, float, ['S']);
}

/** y = x W^T for the linear layer `name`, in whichever format it is packed. */
function linear(graph: OnnxGraph, weights: PackedWeights, name: string, x: Value): Value {
  const format = weights.format(name);
  const weight = packed(graph, weights, `${name}.weight`);
  if (format.kind === 'float') return graph.op('MatMul', [x, weight]);
  const { shape } = tensor(weights, `${name}.weight`);
  // Without accuracy_level 4 the 8-bit kernel falls back to one that is 60 times slower. No zero points:
  // codes are symmetric about 2^(bits-1), and float zero points are slower by a factor of 130.
  const [y] = graph.microsoft('MatMulNBits', [x, weight, packed(graph, weights, `${name}.scales`)], {
    K: inputSize(weights.config, name),
    N: shape[0],
    bits: format.bits,
    block_size: format.block,
    accuracy_level: 4,
  });
  return y;
}

/** Columns K of a linear layer; its packed shape knows only whole blocks. */
function inputSize(config: ModelConfig, name: string): number {
  if (name.endsWith('.down')) return config.intermediateSize;
  if (name.endsWith('.o')) return config.queryHeads * config.headDim;
  return config.hiddenSize;
}

function rmsNorm(graph: OnnxGraph, weights: PackedWeights, x: Value, name: string): Value {
  const epsilon = { float: weights.config.rmsNormEps };
  return graph.op('SimplifiedLayerNormalization', [x, packed(graph, weights, name)], { axis: -1, epsilon });
}

/** Adds a branch to the residual and norms the sum: [normed, residual]. */
function addAndNorm(
  graph: OnnxGraph,
  weights: PackedWeights,
  branch: Value,
  residual: Value,
  name: string,
): [Value, Value] {
  const [normed, sum] = graph.microsoft(
    'SkipSimplifiedLayerNormalization',
    [branch, residual, packed(graph, weights, name)],
    { epsilon: { float: weights.config.rmsNormEps } },
    [true, false, false, true],
  );
  return [normed, sum];
}

/** A weight of the packed file as a graph value. */
function packed(graph: OnnxGraph, weights: PackedWeights, name: string): Value {
  const { dtype, shape, offset, length } = tensor(weights, name);
  const type = dtype === 'F32' ? float : uint8;
  return graph.external(name, type, shape, { file: basename(weights.file), offset, length });
}

function tensor(weights: PackedWeights, name: string): PackedTensor {
  const found = weights.tensors.get(name);
  // `openPacked` has checked the list, so this is a defect of ours and not of the file.
  if (found === undefined) throw new Error(`packed weights lack ${name}`);
  return found;
}
