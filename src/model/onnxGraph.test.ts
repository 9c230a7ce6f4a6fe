// The ONNX writer: graphs read back by an independent decoder (onnx-buf). What the decoder graph draws with
// it is tested in test/graphStructure.test.ts.
import { fromBinary } from '@bufbuild/protobuf';
import { AttributeProto_AttributeType, ModelProtoSchema, TensorProto_DataLocation } from 'onnx-buf';
import { expect, test } from 'vitest';
import { ElementType, OnnxGraph } from './onnxGraph.ts';

/** The model as onnx-buf reads it; its graph must be there. */
function decoded(graph: OnnxGraph) {
  const model = fromBinary(ModelProtoSchema, graph.finish());
  if (model.graph === undefined) throw new Error('the model has no graph');
  return { model, graph: model.graph };
}

test('a model states its version, its producer and both operator sets', () => {
  const { model, graph } = decoded(new OnnxGraph('empty'));
  expect(model).toMatchObject({ irVersion: 10n, producerName: 'treekv' });
  expect(model.opsetImport.map(({ domain, version }) => [domain, version])).toEqual([
    ['', 23n],
    ['com.microsoft', 1n],
  ]);
  expect(graph.name).toBe('empty');
});

test('inputs have names, types, and dimensions that are numbers or names', () => {
  const graph = new OnnxGraph('g');
  expect(graph.input('x', ElementType.float, ['B', 3])).toBe('x');
  graph.input('i', ElementType.int64, []);
  const [x, i] = decoded(graph).graph.input;
  expect(x).toMatchObject({ name: 'x', type: { value: { case: 'tensorType', value: { elemType: 1 } } } });
  const dims = x.type?.value.case === 'tensorType' ? x.type.value.value.shape?.dim : undefined;
  expect(dims?.map(({ value }) => value)).toEqual([
    { case: 'dimParam', value: 'B' },
    { case: 'dimValue', value: 3n },
  ]);
  expect(i).toMatchObject({ name: 'i', type: { value: { value: { elemType: 7 } } } });
});

test('a node names its operator, its inputs and a fresh output', () => {
  const graph = new OnnxGraph('g');
  const a = graph.op('Add', ['x', 'y']);
  const b = graph.op('Mul', [a, '']);
  const [add, mul] = decoded(graph).graph.node;
  expect(add).toMatchObject({ opType: 'Add', domain: '', input: ['x', 'y'], output: [a] });
  expect(mul).toMatchObject({ opType: 'Mul', input: [a, ''], output: [b] });
  expect(new Set([a, b, add.name, mul.name]).size).toBe(4);
});

test('attributes are integers, lists of integers, or floats, also whole ones', () => {
  const graph = new OnnxGraph('g');
  graph.op('Op', ['x'], { axis: -1, perm: [0, 2, 1], epsilon: { float: 1 } });
  const [axis, perm, epsilon] = decoded(graph).graph.node[0].attribute;
  expect(axis).toMatchObject({ name: 'axis', type: AttributeProto_AttributeType.INT, i: -1n });
  expect(perm).toMatchObject({ name: 'perm', type: AttributeProto_AttributeType.INTS, ints: [0n, 2n, 1n] });
  expect(epsilon).toMatchObject({ name: 'epsilon', type: AttributeProto_AttributeType.FLOAT, f: 1 });
});

test('a node of com.microsoft gives the outputs that are wanted and leaves the others unnamed', () => {
  const graph = new OnnxGraph('g');
  const wanted = graph.microsoft('SkipLayer', ['x'], {}, [true, false, false, true]);
  const [node] = decoded(graph).graph.node;
  expect(node).toMatchObject({ domain: 'com.microsoft', output: [wanted[0], '', '', wanted[1]] });
});

test('a split has an output for each size', () => {
  const graph = new OnnxGraph('g');
  const parts = graph.split('x', [2, 3, 4]);
  const { node, initializer } = decoded(graph).graph;
  expect(node[0]).toMatchObject({ opType: 'Split', input: ['x', initializer[0].name], output: parts });
  expect([...new BigInt64Array(initializer[0].rawData.slice().buffer)]).toEqual([2n, 3n, 4n]);
});

test('an output is declared and computed', () => {
  const graph = new OnnxGraph('g');
  graph.output('logits', graph.op('Neg', ['x']), ElementType.float, ['M', 5]);
  const { node, output } = decoded(graph).graph;
  expect(output.map(({ name }) => name)).toEqual(['logits']);
  expect(node.at(-1)).toMatchObject({ opType: 'Identity', input: node[0].output, output: ['logits'] });
});

test('equal constants are one, and those of another shape or type are others', () => {
  const graph = new OnnxGraph('g');
  const one = graph.ints([1, 2]);
  expect(graph.ints([1, 2])).toBe(one);
  const others = [graph.ints([1, 2], [2, 1]), graph.floats([1, 2]), graph.ints([2, 1])];
  expect(new Set([one, ...others]).size).toBe(4);
  expect(decoded(graph).graph.initializer).toHaveLength(4);
});

test('constants hold their values and shapes', () => {
  const graph = new OnnxGraph('g');
  graph.ints([-1, 2 ** 40], [1, 2]);
  graph.floats([0.5]);
  const [ints, floats] = decoded(graph).graph.initializer;
  expect(ints).toMatchObject({ dataType: 7, dims: [1n, 2n] });
  expect([...new BigInt64Array(ints.rawData.slice().buffer)]).toEqual([-1n, 2n ** 40n]);
  expect(floats).toMatchObject({ dataType: 1, dims: [1n] });
  expect([...new Float32Array(floats.rawData.slice().buffer)]).toEqual([0.5]);
});

test('a weight stays in its file, and the graph says where', () => {
  const graph = new OnnxGraph('g');
  const where = { file: 'model.safetensors', offset: 2 ** 33, length: 12 };
  expect(graph.external('w', ElementType.uint8, [3, 4], where)).toBe('w');
  const [weight] = decoded(graph).graph.initializer;
  expect(weight).toMatchObject({ name: 'w', dataType: 2, dims: [3n, 4n] });
  expect(weight.dataLocation).toBe(TensorProto_DataLocation.EXTERNAL);
  expect(Object.fromEntries(weight.externalData.map(({ key, value }) => [key, value]))).toEqual({
    location: 'model.safetensors',
    offset: '8589934592',
    length: '12',
  });
});
