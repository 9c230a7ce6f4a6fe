// Attention alone, eight layers of it without weights, in the forms between which src/model/decoderGraph
// chose. Each layer attends over its own slots; its output is the next one's queries, and parts of it are
// that one's new keys and values, so that nothing can be computed once for all layers.
//
//   in   x [B, T, H*D], cos, sin [P, D/2] (unless constants), causal [G*T, T], and per layer what
//        decoderGraph has: K, V, pos, bias, posNew, qw
//   out  y [B, T, H*D], mass_l, and kNew_l, vNew_l or both as one new_l [N, 2*T, D]
import { type Dimension, ElementType, OnnxGraph, type Value } from '../src/model/onnxGraph.ts';

export interface AttentionForm {
  /** How the values of the new tokens join: `concat` joins V, `slice` cuts the probabilities in two. */
  readonly values: 'concat' | 'slice';
  /** New keys and values as two outputs or one. */
  readonly outputs: 'two' | 'one';
  /** Rotary tables as constants, instead of inputs. */
  readonly tables?: { readonly cos: Float32Array; readonly sin: Float32Array };
}

export const shape = { layers: 8, queryHeads: 8, kvHeads: 2, headDim: 64 } as const;

const { float, int64 } = ElementType;
const END = Number.MAX_SAFE_INTEGER;
const swap = { perm: [0, 2, 1, 3] };

export function attentionGraph(form: AttentionForm): Uint8Array {
  const { queryHeads: H, kvHeads, headDim: D } = shape;
  const graph = new OnnxGraph('attention');
  const x = graph.input('x', float, ['B', 'T', H * D]);
  const table = (name: 'cos' | 'sin'): Value => {
    const values = form.tables?.[name];
    if (values === undefined) return graph.input(name, float, ['P', D / 2]);
    return graph.floats([...values], [values.length / (D / 2), D / 2]);
  };
  const tables = [table('cos'), table('sin')];
  const causal = graph.input('causal', float, ['GT', 'T']);
  const T = graph.op('Slice', [graph.op('Shape', [x]), graph.ints([1]), graph.ints([2])]);
  let y = x;
  for (let l = 0; l < shape.layers; l++) {
    const [k, v] = graph.split(y, [kvHeads * D, kvHeads * D, (H - 2 * kvHeads) * D]);
    y = layer(graph, form, { T, tables, causal }, l, [y, k, v]);
  }
  graph.output('y', y, float, ['B', 'T', H * D]);
  return graph.finish();
}

interface Common {
  readonly T: Value;
  readonly tables: readonly Value[];
  readonly causal: Value;
}

function layer(
  graph: OnnxGraph,
  form: AttentionForm,
  { T, tables, causal }: Common,
  l: number,
  [q, k, v]: readonly [Value, Value, Value],
): Value {
  const { queryHeads: H, kvHeads, headDim: D } = shape;
  const G = H / kvHeads;
  const input = (name: string, type: typeof float | typeof int64, sizes: Dimension[]): Value =>
    graph.input(`${name}_${l}`, type, ['N', ...sizes]);
  const keys = input('K', float, [`C_${l}`, D]);
  const values = input('V', float, [`C_${l}`, D]);
  const positions = input('pos', int64, [`C_${l}`]);
  const bias = input('bias', float, [1, `C_${l}`]);
  const newPositions = input('posNew', int64, ['T']);
  const queryWeights = input('qw', float, [`R_${l}`, 'GT']);
  const sizes = (...list: (number | 'T')[]): Value =>
    graph.op(
      'Concat',
      list.map((size) => (size === 'T' ? T : graph.ints([size]))),
      { axis: 0 },
    );
  const reshape = (value: Value, to: Value): Value => graph.op('Reshape', [value, to]);
  const fold = (value: Value, width: number): Value =>
    reshape(
      graph.op('Transpose', [reshape(value, graph.ints([0, 0, kvHeads, width]))], swap),
      sizes(-1, 'T', width),
    );
  const rotate = (value: Value, at: Value): Value =>
    graph.microsoft('RotaryEmbedding', [value, at, ...tables])[0];
  const dots = (a: Value, b: Value): Value =>
    graph.op('MatMul', [a, graph.op('Transpose', [b], { perm: [0, 2, 1] })]);

  const newKeys = fold(k, D);
  const newValues = fold(v, D);
  if (form.outputs === 'two') {
    graph.output(`kNew_${l}`, newKeys, float, ['N', 'T', D]);
    graph.output(`vNew_${l}`, newValues, float, ['N', 'T', D]);
  } else {
    graph.output(`new_${l}`, graph.op('Concat', [newKeys, newValues], { axis: 1 }), float, ['N', 'TT', D]);
  }
  const rotated = reshape(rotate(fold(q, G * D), newPositions), sizes(-1, 'T', G, D));
  const scaled = graph.op('Mul', [rotated, graph.floats([1 / Math.sqrt(D)], [])]);
  const queries = reshape(graph.op('Transpose', [scaled], swap), graph.ints([0, -1, D]));
  const cached = graph.op('Add', [dots(queries, rotate(keys, positions)), bias]);
  const fresh = graph.op('Add', [dots(queries, rotate(newKeys, newPositions)), causal]);
  const P = graph.op('Softmax', [graph.op('Concat', [cached, fresh], { axis: 2 })], { axis: -1 });
  graph.output(`mass_${l}`, graph.op('MatMul', [queryWeights, P]), float, ['N', `R_${l}`, `S_${l}`]);

  const mix = (): Value => {
    if (form.values === 'concat') {
      return graph.op('MatMul', [P, graph.op('Concat', [values, newValues], { axis: 1 })]);
    }
    const slots = graph.op('Slice', [graph.op('Shape', [values]), graph.ints([1]), graph.ints([2])]);
    const old = graph.op('Slice', [P, graph.ints([0]), slots, graph.ints([2])]);
    const young = graph.op('Slice', [P, slots, graph.ints([END]), graph.ints([2])]);
    return graph.op('Add', [graph.op('MatMul', [old, values]), graph.op('MatMul', [young, newValues])]);
  };
  const byToken = graph.op('Transpose', [reshape(mix(), sizes(-1, H, 'T', D))], swap);
  return reshape(byToken, graph.ints([0, 0, H * D]));
}
