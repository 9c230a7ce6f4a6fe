// The model without treekv's attention: the same packed weights and linear layers as src/model/decoderGraph,
// for one row, with an attention that the caller draws. The fused graph and the linear-only graph are two
// attentions for it. It is not the library's graph and computes no mass.
//
//   in   x [1, T, d], pick [M] rows to project, and what the attention declares
//   out  logits [M, V], and what the attention declares
import { basename } from 'node:path';
import { ElementType, OnnxGraph, type Value } from '../src/model/onnxGraph.ts';
import type { PackedTensor, PackedWeights } from '../src/model/packed.ts';

/** Draws attention: q [1, T, H*D], k and v [1, T, Hkv*D] to [1, T, H*D]. */
export type Attend = (layer: number, q: Value, k: Value, v: Value) => Value;

/** A decoder whose attention is drawn by `attend(graph)`. */
export function plainDecoder(weights: PackedWeights, attend: (graph: OnnxGraph) => Attend): Uint8Array {
  const { config } = weights;
  const graph = new OnnxGraph('plain');
  const draw = attend(graph);
  const parts = new Parts(graph, weights);
  const { queryHeads, kvHeads, headDim, intermediateSize, hiddenSize } = config;
  const keyWidth = kvHeads * headDim;

  let residual = graph.input('x', ElementType.float, [1, 'T', hiddenSize]);
  let normed = parts.norm(residual, '0.norm1');
  for (let l = 0; l < config.layers; l++) {
    const [q, k, v] = graph.split(parts.linear(`${l}.qkv`, normed), [
      queryHeads * headDim,
      keyWidth,
      keyWidth,
    ]);
    const attended = parts.linear(`${l}.o`, draw(l, q, k, v));
    [normed, residual] = parts.addAndNorm(attended, residual, `${l}.norm2`);
    const [gate, up] = graph.split(parts.linear(`${l}.gateUp`, normed), [intermediateSize, intermediateSize]);
    const [activated] = graph.microsoft('QuickGelu', [gate], { alpha: { float: 1 } });
    const fed = parts.linear(`${l}.down`, graph.op('Mul', [activated, up]));
    [normed, residual] = parts.addAndNorm(fed, residual, l + 1 < config.layers ? `${l + 1}.norm1` : 'norm');
  }
  const rows = graph.op('Reshape', [normed, graph.ints([-1, hiddenSize])]);
  const picked = graph.op('Gather', [rows, graph.input('pick', ElementType.int64, ['M'])], { axis: 0 });
  const head = weights.tensors.has('head.weight') ? 'head' : 'embed';
  graph.output('logits', parts.linear(head, picked), ElementType.float, ['M', config.vocabSize]);
  return graph.finish();
}

/** No attention at all, q goes straight on: what is left are the linear layers and norms. */
export function linearOnly(weights: PackedWeights): Uint8Array {
  return plainDecoder(weights, () => (_layer, q) => q);
}

class Parts {
  private readonly graph: OnnxGraph;
  private readonly weights: PackedWeights;

  constructor(graph: OnnxGraph, weights: PackedWeights) {
    this.graph = graph;
    this.weights = weights;
  }

  linear(name: string, x: Value): Value {
    const { graph, weights } = this;
    const format = weights.format(name);
    const weight = this.packed(`${name}.weight`);
    if (format.kind === 'float') return graph.op('MatMul', [x, weight]);
    const { hiddenSize, intermediateSize, queryHeads, headDim } = weights.config;
    const inputs = name.endsWith('.down')
      ? intermediateSize
      : name.endsWith('.o')
        ? queryHeads * headDim
        : hiddenSize;
    const [y] = graph.microsoft('MatMulNBits', [x, weight, this.packed(`${name}.scales`)], {
      K: inputs,
      N: this.tensor(`${name}.weight`).shape[0],
      bits: format.bits,
      block_size: format.block,
      accuracy_level: 4,
    });
    return y;
  }

  norm(x: Value, name: string): Value {
    const epsilon = { float: this.weights.config.rmsNormEps };
    return this.graph.op('SimplifiedLayerNormalization', [x, this.packed(name)], { axis: -1, epsilon });
  }

  addAndNorm(branch: Value, residual: Value, name: string): [Value, Value] {
    const [normed, sum] = this.graph.microsoft(
      'SkipSimplifiedLayerNormalization',
      [branch, residual, this.packed(name)],
      { epsilon: { float: this.weights.config.rmsNormEps } },
      [true, false, false, true],
    );
    return [normed, sum];
  }

  private packed(name: string): Value {
    const { dtype, shape, offset, length } = this.tensor(name);
    const type = dtype === 'F32' ? ElementType.float : ElementType.uint8;
    return this.graph.external(name, type, shape, { file: basename(this.weights.file), offset, length });
  }

  private tensor(name: string): PackedTensor {
    const found = this.weights.tensors.get(name);
    if (found === undefined) throw new Error(`packed weights lack ${name}`);
    return found;
  }
}
