// Writes GGUF files for tests: any metadata, tensors from values or from raw bytes. It checks nothing, so
// that a test can also write what the reader must refuse. Only tests import it.
import { writeFile } from 'node:fs/promises';
import type { GgufNumbers, GgufTensorType } from './gguf.ts';
import { type EncodableType, encodeBlocks } from './ggufBlocks.testing.ts';
import { ggufTypes } from './ggufTypes.ts';

/** ggml's numbers of the kinds of metadata values. */
export const valueKinds = {
  UINT8: 0,
  INT8: 1,
  UINT16: 2,
  INT16: 3,
  UINT32: 4,
  INT32: 5,
  FLOAT32: 6,
  BOOL: 7,
  STRING: 8,
  ARRAY: 9,
  UINT64: 10,
  INT64: 11,
  FLOAT64: 12,
} as const;

export type ValueKind = keyof typeof valueKinds;
type Scalar = number | bigint | boolean | string;

/**
 * A metadata value. Plain ones choose their own kind: whole numbers UINT32 (INT32 if negative), other numbers
 * FLOAT32, lists of texts and typed arrays an array of their elements. `kind` and `arrayOf` name it.
 */
export type MetadataToWrite =
  | number
  | boolean
  | string
  | readonly string[]
  | GgufNumbers
  | { readonly kind: Exclude<ValueKind, 'ARRAY'>; readonly value: Scalar }
  | { readonly arrayOf: Exclude<ValueKind, 'ARRAY'>; readonly values: readonly Scalar[] };

/** A tensor: values of its type, or the bytes as they are to lie in the file. */
export type TensorToWrite = {
  readonly name: string;
  /** Rows first. */
  readonly shape: readonly number[];
} & (
  | { readonly type: EncodableType; readonly values: ArrayLike<number> }
  | { readonly type: GgufTensorType | number; readonly bytes: Uint8Array; readonly offset?: number }
);

export interface GgufToWrite {
  /** 3 unless given. */
  readonly version?: number;
  /** Written as general.alignment too; 32, unwritten, unless given. */
  readonly alignment?: number;
  /** A list of pairs where a key is to come twice. */
  readonly metadata?:
    | Readonly<Record<string, MetadataToWrite>>
    | readonly (readonly [string, MetadataToWrite])[];
  readonly tensors?: readonly TensorToWrite[];
}

/** Writes a file. */
export async function writeGguf(file: string, contents: GgufToWrite): Promise<void> {
  await writeFile(file, encodeGguf(contents));
}

/** A file in memory. */
export function encodeGguf(contents: GgufToWrite): Uint8Array {
  const { version = 3, alignment, metadata = {}, tensors = [] } = contents;
  const pairs: (readonly [string, MetadataToWrite])[] = isList(metadata)
    ? [...metadata]
    : Object.entries(metadata);
  if (alignment !== undefined) pairs.unshift(['general.alignment', alignment]);
  const header = new ByteBuilder().ascii('GGUF').uint32(version).uint64(tensors.length).uint64(pairs.length);
  for (const [key, value] of pairs) writeValue(header.text(key), value);
  const data = new ByteBuilder();
  for (const tensor of tensors) {
    const bytes = 'bytes' in tensor ? tensor.bytes : encodeBlocks(tensor.type, tensor.values);
    data.pad(alignment ?? 32);
    const offset = 'bytes' in tensor && tensor.offset !== undefined ? tensor.offset : data.length;
    data.bytes(bytes);
    header.text(tensor.name).uint32(tensor.shape.length);
    for (const size of [...tensor.shape].reverse()) header.uint64(size);
    header.uint32(typeof tensor.type === 'number' ? tensor.type : ggufTypes[tensor.type].id).uint64(offset);
  }
  return header
    .pad(alignment ?? 32)
    .bytes(data.build())
    .build();
}

/** Little-endian bytes, one after another. */
export class ByteBuilder {
  private readonly parts: Uint8Array[] = [];
  length = 0;

  bytes(bytes: Uint8Array): this {
    this.parts.push(bytes);
    this.length += bytes.length;
    return this;
  }

  /** Zeros up to a multiple of `alignment`. */
  pad(alignment: number): this {
    return this.bytes(new Uint8Array((alignment - (this.length % alignment)) % alignment));
  }

  ascii(text: string): this {
    return this.bytes(new TextEncoder().encode(text));
  }

  /** A length and UTF-8. */
  text(text: string): this {
    const bytes = new TextEncoder().encode(text);
    return this.uint64(bytes.length).bytes(bytes);
  }

  uint32(value: number): this {
    return this.bytes(new Uint8Array(Uint32Array.of(value).buffer));
  }

  uint64(value: number | bigint): this {
    return this.bytes(new Uint8Array(BigUint64Array.of(BigInt(value)).buffer));
  }

  scalar(kind: Exclude<ValueKind, 'ARRAY'>, value: Scalar): this {
    if (kind === 'STRING') return this.text(String(value));
    if (kind === 'UINT64') return this.uint64(BigInt(value));
    if (kind === 'INT64') return this.bytes(new Uint8Array(BigInt64Array.of(BigInt(value)).buffer));
    return this.bytes(new Uint8Array(numberArrays[kind].of(Number(value)).buffer));
  }

  build(): Uint8Array {
    const out = new Uint8Array(this.length);
    let at = 0;
    for (const part of this.parts) {
      out.set(part, at);
      at += part.length;
    }
    return out;
  }
}

const numberArrays = {
  UINT8: Uint8Array,
  INT8: Int8Array,
  UINT16: Uint16Array,
  INT16: Int16Array,
  UINT32: Uint32Array,
  INT32: Int32Array,
  FLOAT32: Float32Array,
  FLOAT64: Float64Array,
  BOOL: Uint8Array,
} as const;

function writeValue(to: ByteBuilder, value: MetadataToWrite): void {
  const typed = withKind(value);
  if ('kind' in typed) {
    to.uint32(valueKinds[typed.kind]).scalar(typed.kind, typed.value);
    return;
  }
  const { arrayOf, values } = typed;
  to.uint32(valueKinds.ARRAY).uint32(valueKinds[arrayOf]).uint64(values.length);
  for (const one of values) to.scalar(arrayOf, one);
}

function withKind(
  value: MetadataToWrite,
): Extract<MetadataToWrite, { kind: unknown } | { arrayOf: unknown }> {
  if (typeof value === 'string') return { kind: 'STRING', value };
  if (typeof value === 'boolean') return { kind: 'BOOL', value };
  if (typeof value === 'number') {
    if (!Number.isInteger(value)) return { kind: 'FLOAT32', value };
    return { kind: value < 0 ? 'INT32' : 'UINT32', value };
  }
  if (isList(value)) return { arrayOf: 'STRING', values: value };
  if (!ArrayBuffer.isView(value)) return value;
  const kinds = Object.keys(numberArrays) as (keyof typeof numberArrays)[];
  const arrayOf = kinds.find((kind) => value instanceof numberArrays[kind]);
  if (arrayOf === undefined) throw new TypeError(`no kind holds ${value}`);
  return { arrayOf, values: Array.from(value) };
}

/** `Array.isArray` that narrows lists that are not to be written to. */
function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}
