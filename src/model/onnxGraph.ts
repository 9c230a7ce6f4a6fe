// Builds an ONNX model in memory: nodes, inputs, outputs, small inline constants, and weights that stay in
// an external file. It knows the file format and nothing of transformers; `decoderGraph.ts` draws the model.
// Field numbers: onnx.proto3 (ModelProto, GraphProto, NodeProto, AttributeProto, TensorProto).
import { ProtoMessage } from './protobuf.ts';

/** ONNX element types used here (TensorProto.DataType). */
export const ElementType = { float: 1, uint8: 2, int64: 7 } as const;
export type ElementType = (typeof ElementType)[keyof typeof ElementType];

/** A dimension: a number, or the name of one that is known at run time. */
export type Dimension = number | string;

/** An attribute: an integer, a list of integers, or `{ float }` (a whole number may be meant as a float). */
export type Attribute = number | readonly number[] | { readonly float: number };
export type Attributes = Readonly<Record<string, Attribute>>;

/** Name of a value in the graph; '' stands for an omitted optional input. */
export type Value = string;

const IR_VERSION = 10;
const OPSET = 23;
const MICROSOFT = 'com.microsoft';
const ATTRIBUTE_FLOAT = 1;
const ATTRIBUTE_INT = 2;
const ATTRIBUTE_INTS = 7;
const EXTERNAL = 1;

function attributeMessage(name: string, value: Attribute): ProtoMessage {
  const message = new ProtoMessage().string(1, name);
  if (typeof value === 'number') return message.int(3, value).int(20, ATTRIBUTE_INT);
  if ('float' in value) return message.float(2, value.float).int(20, ATTRIBUTE_FLOAT);
  for (const item of value) message.int(8, item);
  return message.int(20, ATTRIBUTE_INTS);
}

function valueInfo(name: string, type: ElementType, dimensions: readonly Dimension[]): ProtoMessage {
  const shape = new ProtoMessage();
  for (const dimension of dimensions) {
    const message = new ProtoMessage();
    shape.message(
      1,
      typeof dimension === 'string' ? message.string(2, dimension) : message.int(1, dimension),
    );
  }
  const tensor = new ProtoMessage().int(1, type).message(2, shape);
  return new ProtoMessage().string(1, name).message(2, new ProtoMessage().message(1, tensor));
}

/** A graph under construction. Methods return the names of the values they define. */
export class OnnxGraph {
  private readonly name: string;
  private readonly nodes: ProtoMessage[] = [];
  private readonly initializers: ProtoMessage[] = [];
  private readonly inputs: ProtoMessage[] = [];
  private readonly outputs: ProtoMessage[] = [];
  private readonly constants = new Map<string, Value>();
  private named = 0;

  constructor(name: string) {
    this.name = name;
  }

  input(name: string, type: ElementType, dimensions: readonly Dimension[]): Value {
    this.inputs.push(valueInfo(name, type, dimensions));
    return name;
  }

  /** Declares `value` an output called `name`. */
  output(name: string, value: Value, type: ElementType, dimensions: readonly Dimension[]): void {
    this.addNode('Identity', '', [value], [name], {});
    this.outputs.push(valueInfo(name, type, dimensions));
  }

  /** A node of the standard operator set with one output. */
  op(operator: string, inputs: readonly Value[], attributes: Attributes = {}): Value {
    return this.addNode(operator, '', inputs, [this.fresh()], attributes)[0];
  }

  /** Cuts `value` along its last axis into parts of the given sizes. */
  split(value: Value, sizes: readonly number[]): Value[] {
    const names = sizes.map(() => this.fresh());
    return this.addNode('Split', '', [value, this.ints(sizes)], names, { axis: -1 });
  }

  /** A node of the com.microsoft operator set; `outputs` marks which outputs are wanted, in order. */
  microsoft(
    operator: string,
    inputs: readonly Value[],
    attributes: Attributes = {},
    outputs: readonly boolean[] = [true],
  ): Value[] {
    const names = outputs.map((wanted) => (wanted ? this.fresh() : ''));
    return this.addNode(operator, MICROSOFT, inputs, names, attributes).filter((name) => name !== '');
  }

  /** A small int64 constant; equal ones are shared. */
  ints(values: readonly number[], shape: readonly number[] = [values.length]): Value {
    const data = new BigInt64Array(values.map(BigInt));
    return this.constant(ElementType.int64, shape, new Uint8Array(data.buffer));
  }

  /** A small float constant; equal ones are shared. */
  floats(values: readonly number[], shape: readonly number[] = [values.length]): Value {
    return this.constant(ElementType.float, shape, new Uint8Array(new Float32Array(values).buffer));
  }

  /** A weight whose bytes lie in another file of the model's folder. */
  external(
    name: string,
    type: ElementType,
    shape: readonly number[],
    where: { readonly file: string; readonly offset: number; readonly length: number },
  ): Value {
    const entry = (key: string, value: string) => new ProtoMessage().string(1, key).string(2, value);
    const message = new ProtoMessage();
    for (const size of shape) message.int(1, size);
    message.int(2, type).string(8, name);
    message.message(13, entry('location', where.file));
    message.message(13, entry('offset', String(where.offset)));
    message.message(13, entry('length', String(where.length)));
    this.initializers.push(message.int(14, EXTERNAL));
    return name;
  }

  /** The serialized model. */
  finish(): Uint8Array {
    const graph = new ProtoMessage();
    for (const node of this.nodes) graph.message(1, node);
    graph.string(2, this.name);
    for (const initializer of this.initializers) graph.message(5, initializer);
    for (const input of this.inputs) graph.message(11, input);
    for (const output of this.outputs) graph.message(12, output);
    const operators = (domain: string, version: number) =>
      new ProtoMessage().string(1, domain).int(2, version);
    return new ProtoMessage()
      .int(1, IR_VERSION)
      .string(2, 'treekv')
      .message(7, graph)
      .message(8, operators('', OPSET))
      .message(8, operators(MICROSOFT, 1))
      .finish();
  }

  private constant(type: ElementType, shape: readonly number[], bytes: Uint8Array): Value {
    const key = `${type}:${shape.join(',')}:${bytes.join(',')}`;
    const known = this.constants.get(key);
    if (known !== undefined) return known;
    const name = this.fresh();
    const message = new ProtoMessage();
    for (const size of shape) message.int(1, size);
    this.initializers.push(message.int(2, type).string(8, name).bytes(9, bytes));
    this.constants.set(key, name);
    return name;
  }

  private addNode(
    operator: string,
    domain: string,
    inputs: readonly Value[],
    outputs: string[],
    attributes: Attributes,
  ): Value[] {
    const message = new ProtoMessage();
    for (const input of inputs) message.string(1, input);
    for (const output of outputs) message.string(2, output);
    message.string(3, `${operator}_${this.nodes.length}`).string(4, operator);
    for (const [name, value] of Object.entries(attributes)) message.message(5, attributeMessage(name, value));
    if (domain !== '') message.string(7, domain);
    this.nodes.push(message);
    return outputs;
  }

  private fresh(): string {
    return `v${this.named++}`;
  }
}
