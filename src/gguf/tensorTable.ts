// The tensor table of a GGUF header: names, shapes, types and places. Every tensor must lie whole within
// the file, aligned, and apart from every other; types that treekv cannot widen are refused by name.
import { TreekvError } from '../core/index.ts';
import type { GgufTensor } from './gguf.ts';
import { ggufTypeName, ggufTypes, isGgufTensorType, rowBytes } from './ggufTypes.ts';
import type { HeaderBytes } from './headerBytes.ts';

/** An entry as it stands in the file. */
export interface TensorEntry {
  readonly name: string;
  /** Rows first. */
  readonly shape: readonly number[];
  /** ggml's number. */
  readonly type: number;
  /** Bytes from the start of the data. */
  readonly offset: number;
}

/** Bytes of the smallest entry: the length of an empty name, one dimension, type and offset. */
const smallestEntry = 8 + 4 + 8 + 4 + 8;

const maximumDimensions = 4;

/** Reads `count` entries. */
export function readTensorEntries(header: HeaderBytes, count: number): readonly TensorEntry[] {
  header.expect(count, smallestEntry, 'tensors');
  const entries: TensorEntry[] = [];
  for (let i = 0; i < count; i++) {
    header.reading = `tensor ${i}`;
    const name = header.name();
    header.reading = `tensor ${name}`;
    const dimensions = header.uint32();
    if (dimensions === 0 || dimensions > maximumDimensions) {
      throw header.damaged(`has ${dimensions} dimensions; 1 to ${maximumDimensions} are allowed`, {
        name,
        dimensions,
      });
    }
    const shape: number[] = [];
    for (let d = 0; d < dimensions; d++) shape.unshift(header.uint64());
    entries.push({ name, shape, type: header.uint32(), offset: header.uint64() });
  }
  return entries;
}

/** Where each tensor of `entries` lies, given where the data begins. */
export function placeTensors(
  header: HeaderBytes,
  entries: readonly TensorEntry[],
  dataStart: number,
  alignment: number,
): ReadonlyMap<string, GgufTensor> {
  const tensors = new Map<string, GgufTensor>();
  for (const entry of entries) {
    header.reading = `tensor ${entry.name}`;
    if (tensors.has(entry.name)) throw header.damaged('comes twice', { name: entry.name });
    tensors.set(entry.name, placeTensor(header, entry, dataStart, alignment));
  }
  requireApart(header, tensors);
  return tensors;
}

function placeTensor(
  header: HeaderBytes,
  { name, shape, type: id, offset }: TensorEntry,
  dataStart: number,
  alignment: number,
): GgufTensor {
  const type = ggufTypeName(id);
  if (type === undefined || !isGgufTensorType(type)) throw unreadable(header.file, name, id, type);
  const size = `${type} ${JSON.stringify(shape)}`;
  const columns = shape[shape.length - 1];
  const rows = shape.slice(0, -1).reduce((product, length) => product * length, 1);
  if (!shape.every((length) => length > 0) || !Number.isSafeInteger(rows * columns)) {
    throw header.damaged(`has the impossible size ${size}`, { name, type, shape });
  }
  const { block } = ggufTypes[type];
  if (columns % block !== 0) {
    throw header.damaged(`(${size}) has rows of ${columns}, no multiple of the ${block} weights of a block`, {
      name,
      type,
      shape,
      block,
    });
  }
  if (offset % alignment !== 0) {
    throw header.damaged(`begins at byte ${offset} of the data, no multiple of ${alignment}`, {
      name,
      offset,
      alignment,
    });
  }
  const start = dataStart + offset;
  const length = rows * rowBytes(type, columns);
  if (start + length > header.size) {
    throw header.damaged(`(${size}) ends at byte ${start + length}, found ${header.size}`, {
      name,
      expected: start + length,
      actual: header.size,
    });
  }
  return { name, type, shape, offset: start, length };
}

function unreadable(file: string, name: string, id: number, type: string | undefined): TreekvError {
  const readable = Object.keys(ggufTypes);
  const stored = type ?? `type ${id}, a number that ggml had not given out when treekv was made`;
  return new TreekvError(
    'UNSUPPORTED',
    `${file}: tensor ${name} is stored as ${stored}. treekv reads ${readable.join(', ')}; get the ` +
      'model in one of these, or convert it with llama-quantize --allow-requantize',
    { file, name, type: type ?? id, readable },
  );
}

function requireApart(header: HeaderBytes, tensors: ReadonlyMap<string, GgufTensor>): void {
  let before = '';
  let end = 0;
  for (const { name, offset, length } of [...tensors.values()].sort((a, b) => a.offset - b.offset)) {
    if (offset < end) {
      header.reading = `tensor ${name}`;
      const what = `begins at byte ${offset}, inside tensor ${before}, which ends at ${end}`;
      throw header.damaged(what, { name, other: before, offset, expected: end });
    }
    before = name;
    end = offset + length;
  }
}
