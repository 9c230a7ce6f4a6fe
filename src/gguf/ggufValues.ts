// The metadata of a GGUF header: keys with values of thirteen kinds. Arrays of arrays are refused, since no
// model needs them and each level multiplies what a damaged count can ask for.
import { TreekvError } from '../core/index.ts';
import type { GgufArray, GgufNumbers, GgufValue } from './gguf.ts';
import type { HeaderBytes } from './headerBytes.ts';

/** How values of one kind are read. */
interface ValueKind {
  /** Bytes of a value; the least, for texts. */
  readonly bytes: number;
  one(header: HeaderBytes): number | boolean | string;
  /** `count` values that are known to fit into the file. */
  many(header: HeaderBytes, count: number): GgufArray;
}

const arrayKind = 9;

/** By the number that stands in the file. */
const kinds: ReadonlyMap<number, ValueKind> = new Map([
  [0, numbers(1, (header) => header.uint8(), Uint8Array)],
  [1, numbers(1, (header) => header.int8(), Int8Array)],
  [2, numbers(2, (header) => header.uint16(), Uint16Array)],
  [3, numbers(2, (header) => header.int16(), Int16Array)],
  [4, numbers(4, (header) => header.uint32(), Uint32Array)],
  [5, numbers(4, (header) => header.int32(), Int32Array)],
  [6, numbers(4, (header) => header.float32(), Float32Array)],
  [7, { bytes: 1, one: oneBoolean, many: manyBooleans }],
  [8, { bytes: 8, one: (header) => header.text(), many: manyTexts }],
  [10, { bytes: 8, one: (header) => header.uint64(), many: manyLong(BigUint64Array) }],
  [11, { bytes: 8, one: (header) => header.int64(), many: manyLong(BigInt64Array) }],
  [12, numbers(8, (header) => header.float64(), Float64Array)],
]);

/** Bytes of the smallest pair: the length of an empty key, a kind, a value of one byte. */
const smallestPair = 8 + 4 + 1;

/** Reads `count` pairs of key and value. */
export function readMetadata(header: HeaderBytes, count: number): Map<string, GgufValue> {
  header.expect(count, smallestPair, 'metadata values');
  const metadata = new Map<string, GgufValue>();
  for (let i = 0; i < count; i++) {
    header.reading = `metadata value ${i}`;
    const key = header.name();
    header.reading = `metadata value ${i} (${JSON.stringify(key)})`;
    if (metadata.has(key)) throw header.damaged('comes twice', { key });
    metadata.set(key, readValue(header));
  }
  return metadata;
}

/** `value` in a few words, for errors: arrays may have millions of elements. */
export function describeValue(value: GgufValue): string {
  if (typeof value === 'object') return `an array of ${value.length}`;
  return typeof value === 'string' ? JSON.stringify(value.slice(0, 60)) : `${value}`;
}

function readValue(header: HeaderBytes): GgufValue {
  const kind = header.uint32();
  if (kind !== arrayKind) return kindOf(header, kind).one(header);
  const elements = header.uint32();
  if (elements === arrayKind) {
    throw unsupported(header, 'is an array of arrays', { kind: elements });
  }
  const { bytes, many } = kindOf(header, elements);
  const count = header.uint64();
  header.expect(count, bytes, 'elements');
  return many(header, count);
}

function kindOf(header: HeaderBytes, kind: number): ValueKind {
  const known = kinds.get(kind);
  if (known === undefined) throw unsupported(header, `has a value of kind ${kind}`, { kind });
  return known;
}

function unsupported(
  header: HeaderBytes,
  what: string,
  details: Readonly<Record<string, unknown>>,
): TreekvError {
  const { file, reading } = header;
  const way = 'the file is damaged, or made by a newer program';
  const message = `${file}: ${reading} ${what}, which treekv does not read; ${way}`;
  return new TreekvError('UNSUPPORTED', message, { file, at: header.at, ...details });
}

type NumbersOver = new (buffer: ArrayBufferLike) => GgufNumbers;

function numbers(bytes: number, one: (header: HeaderBytes) => number, Numbers: NumbersOver): ValueKind {
  return { bytes, one, many: (header, count) => new Numbers(header.copy(count * bytes).buffer) };
}

function oneBoolean(header: HeaderBytes): boolean {
  const value = header.uint8();
  if (value > 1) throw header.damaged(`holds ${value}, neither false (0) nor true (1)`, { value });
  return value === 1;
}

/** [count] of 0 and 1 */
function manyBooleans(header: HeaderBytes, count: number): Uint8Array {
  const values = header.copy(count);
  const wrong = values.find((value) => value > 1);
  if (wrong === undefined) return values;
  throw header.damaged(`holds ${wrong}, neither false (0) nor true (1)`, { value: wrong });
}

type LongsOver = new (buffer: ArrayBufferLike) => BigUint64Array | BigInt64Array;

function manyLong(Longs: LongsOver): (header: HeaderBytes, count: number) => Float64Array {
  return (header, count) => {
    const values = new Longs(header.copy(count * 8).buffer);
    const out = new Float64Array(count);
    for (let i = 0; i < count; i++) out[i] = header.exact(values[i]);
    return out;
  };
}

function manyTexts(header: HeaderBytes, count: number): readonly string[] {
  const texts = new Array<string>(count);
  for (let i = 0; i < count; i++) texts[i] = header.text();
  return texts;
}
