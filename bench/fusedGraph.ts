// The way other JavaScript runtimes attend: com.microsoft GroupQueryAttention, one fused kernel with the
// rotary embedding inside, past keys and values in and present ones out. It gives no probabilities, so it can
// serve no policy that reads them; here it is the measure of speed. One graph for both ways of feeding it.
//
//   in   as plainGraph, cos, sin [C, D/2], last [1] = entries after the step - 1, total [1] = last + 1,
//        pastK_l, pastV_l [1, Hkv, P, D]
//   out  logits [M, V], presentK_l, presentV_l [1, Hkv, max(P, total), D]
import { ElementType } from '../src/model/onnxGraph.ts';
import type { PackedWeights } from '../src/model/packed.ts';
import { plainDecoder } from './plainGraph.ts';

const INT32 = 6;

/** The fused graph over packed weights. */
export function fusedGraph(weights: PackedWeights): Uint8Array {
  const { queryHeads, kvHeads, headDim: D } = weights.config;
  return plainDecoder(weights, (graph) => {
    const { float, int64 } = ElementType;
    const cos = graph.input('cos', float, ['C', D / 2]);
    const sin = graph.input('sin', float, ['C', D / 2]);
    const last = graph.op('Cast', [graph.input('last', int64, [1])], { to: INT32 });
    const total = graph.op('Cast', [graph.input('total', int64, [1])], { to: INT32 });
    return (l, q, k, v) => {
      const pastKeys = graph.input(`pastK_${l}`, float, [1, kvHeads, 'P', D]);
      const pastValues = graph.input(`pastV_${l}`, float, [1, kvHeads, 'P', D]);
      const [y, keys, values] = graph.microsoft(
        'GroupQueryAttention',
        [q, k, v, pastKeys, pastValues, last, total, cos, sin],
        { num_heads: queryHeads, kv_num_heads: kvHeads, do_rotary: 1 },
        [true, true, true],
      );
      graph.output(`presentK_${l}`, keys, float, [1, kvHeads, 'R', D]);
      graph.output(`presentV_${l}`, values, float, [1, kvHeads, 'R', D]);
      return y;
    };
  });
}
