// The header of a safetensors file: an 8-byte little-endian length, JSON, then the tensors' bytes, one
// after another (the format's specification: no holes, no overlap, header at most 100 MB). Reads no files:
// it judges bytes that the reader or `decodeSafetensors` hands it, and trusts no number in them.
import { TreekvError } from '../core/index.ts';

/** Bits of one element of each type that the format knows. */
export const dtypeBits = {
  BOOL: 8,
  U8: 8,
  I8: 8,
  F8_E4M3: 8,
  F8_E5M2: 8,
  F8_E8M0: 8,
  U16: 16,
  I16: 16,
  F16: 16,
  BF16: 16,
  U32: 32,
  I32: 32,
  F32: 32,
  U64: 64,
  I64: 64,
  F64: 64,
  C64: 64,
  F4: 4,
  F6_E2M3: 6,
  F6_E3M2: 6,
} as const;

/** The name of an element type. */
export type SafetensorsDtype = keyof typeof dtypeBits;

/** Where a tensor lies. */
export interface SafetensorsTensor {
  readonly dtype: SafetensorsDtype;
  readonly shape: readonly number[];
  /** Bytes from the start of the file. */
  readonly offset: number;
  /** Bytes. */
  readonly length: number;
}

/** A header, parsed and checked. */
export interface SafetensorsDirectory {
  readonly metadata: Readonly<Record<string, string>>;
  readonly tensors: ReadonlyMap<string, SafetensorsTensor>;
  /** Where the tensors' bytes begin, from the start of the file. */
  readonly dataStart: number;
}

/** Bytes before the JSON. */
export const prefixBytes = 8;

const maximumHeader = 100_000_000;

/** Bytes of a tensor; NaN if the shape is no list of sizes or the product is too large to count. */
export function tensorBytes(dtype: SafetensorsDtype, shape: readonly unknown[]): number {
  let elements = 1;
  for (const size of shape) {
    if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) return Number.NaN;
    elements *= size;
  }
  const bits = elements * dtypeBits[dtype];
  return Number.isSafeInteger(bits) && bits % 8 === 0 ? bits / 8 : Number.NaN;
}

/** The length of the JSON, from the first 8 bytes of a file of `size` bytes. */
export function headerLength(prefix: Uint8Array, size: number, file: string): number {
  if (size < prefixBytes || prefix.length < prefixBytes) {
    throw damaged(
      file,
      `is ${size} bytes long, shorter than the ${prefixBytes} that every file begins with`,
      {
        expected: prefixBytes,
        actual: size,
      },
    );
  }
  const view = new DataView(prefix.buffer, prefix.byteOffset, prefixBytes);
  const length = Number(view.getBigUint64(0, true));
  if (length > maximumHeader) {
    throw damaged(file, `announces a header of ${length} bytes; at most ${maximumHeader} are allowed`, {
      header: length,
      actual: size,
    });
  }
  if (prefixBytes + length > size) {
    throw damaged(file, `is truncated: its header alone needs ${prefixBytes + length} bytes, found ${size}`, {
      expected: prefixBytes + length,
      actual: size,
    });
  }
  return length;
}

/** Parses the JSON of a file of `size` bytes, and checks that the tensors tile the rest of the file. */
export function parseHeader(json: Uint8Array, size: number, file: string): SafetensorsDirectory {
  const header = parseObject(json, file);
  const dataStart = prefixBytes + json.length;
  const tensors = new Map<string, SafetensorsTensor>();
  for (const [name, entry] of Object.entries(header)) {
    if (name !== '__metadata__') tensors.set(name, parseTensor(name, entry, dataStart, file));
  }
  checkTiling(tensors, dataStart, size, file);
  return { metadata: parseMetadata(header.__metadata__, file), tensors, dataStart };
}

function parseObject(json: Uint8Array, file: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(json));
  } catch (cause) {
    throw damaged(file, 'has a header that is not JSON', { header: json.length }, cause);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw damaged(file, 'has a header that is not a JSON object', { header: json.length });
  }
  return value as Readonly<Record<string, unknown>>;
}

function parseMetadata(value: unknown, file: string): Readonly<Record<string, string>> {
  if (value === undefined || value === null) return {};
  const isObject = typeof value === 'object' && !Array.isArray(value);
  if (!isObject || Object.values(value).some((text) => typeof text !== 'string')) {
    throw damaged(file, 'has metadata that is not a table of strings', {});
  }
  return value as Readonly<Record<string, string>>;
}

function parseTensor(name: string, entry: unknown, dataStart: number, file: string): SafetensorsTensor {
  const { dtype, shape, data_offsets: offsets } = (entry ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof dtype !== 'string' || !Object.hasOwn(dtypeBits, dtype)) {
    throw damaged(file, `gives tensor ${name} the unknown type ${JSON.stringify(dtype)}`, { name, dtype });
  }
  const known = dtype as SafetensorsDtype;
  const pair: readonly unknown[] = Array.isArray(offsets) ? offsets : [];
  const [begin, end] = pair;
  const isRange =
    pair.length === 2 && Number.isSafeInteger(begin) && Number.isSafeInteger(end) && Number(begin) >= 0;
  const length = Number(end) - Number(begin);
  if (!isRange || length < 0) {
    throw damaged(file, `gives tensor ${name} the data_offsets ${JSON.stringify(offsets)}`, {
      name,
      offsets,
    });
  }
  const expected = Array.isArray(shape) ? tensorBytes(known, shape) : Number.NaN;
  if (expected !== length) {
    throw damaged(
      file,
      `gives tensor ${name} (${dtype} ${JSON.stringify(shape)}) ${length} bytes instead of ${expected}`,
      { name, dtype, shape, expected, actual: length },
    );
  }
  return { dtype: known, shape: shape as readonly number[], offset: dataStart + Number(begin), length };
}

/** Tensors must follow one another without overlap or hole, to the last byte of the file. */
function checkTiling(
  tensors: ReadonlyMap<string, SafetensorsTensor>,
  dataStart: number,
  size: number,
  file: string,
): void {
  const order = [...tensors].sort(([, a], [, b]) => a.offset - b.offset || a.length - b.length);
  let cursor = dataStart;
  for (const [name, { offset, length }] of order) {
    if (offset !== cursor) {
      const what = offset < cursor ? 'overlaps the tensor before it' : 'leaves a hole before it';
      throw damaged(file, `has a tensor ${name} at byte ${offset} that ${what}, which ends at ${cursor}`, {
        name,
        offset,
        expected: cursor,
      });
    }
    cursor += length;
  }
  if (cursor === size) return;
  const what = size < cursor ? 'is truncated' : 'is longer than its header says';
  throw damaged(file, `${what}: expected ${cursor} bytes, found ${size}`, { expected: cursor, actual: size });
}

function damaged(
  file: string,
  what: string,
  details: Readonly<Record<string, unknown>>,
  cause?: unknown,
): TreekvError {
  return new TreekvError(
    'BAD_FILE',
    `${file} ${what}; copy or download it again`,
    { file, ...details },
    { cause },
  );
}
