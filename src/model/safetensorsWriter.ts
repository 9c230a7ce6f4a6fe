// Writes safetensors, to a sink piece by piece (`writeSafetensors`) or into memory (`encodeSafetensors`).
// The format allows no holes, so alignment comes from order: tensors lie by falling power of two of their
// length, which puts each at a multiple of the largest power of two (up to 64) that divides its length.
// The same tensors always give the same bytes. Files and temporary names are not its business.
import { type ByteSink, TreekvError } from '../core/index.ts';
import { prefixBytes, type SafetensorsDtype, tensorBytes } from './safetensorsHeader.ts';

/** A tensor to be written, without its bytes. */
export interface TensorShape {
  readonly name: string;
  readonly dtype: SafetensorsDtype;
  readonly shape: readonly number[];
}

/** A tensor in memory. */
export interface TensorBytes extends TensorShape {
  readonly bytes: Uint8Array;
}

/** A tensor whose bytes are made when their turn comes. */
export interface TensorSource extends TensorShape {
  /** The bytes in order, cut anywhere; a piece is written before the next is asked for. */
  produce(): AsyncIterable<Uint8Array>;
}

/** The data begins, and large tensors lie, at multiples of this. */
const alignment = 64;

/** Writes tensors one after another; of each no more than a piece is in memory. */
export async function writeSafetensors(
  sink: ByteSink,
  tensors: readonly TensorSource[],
  metadata: Readonly<Record<string, string>>,
  onPiece?: (writtenBytes: number, totalBytes: number) => void,
): Promise<void> {
  const { header, order, size } = layOut(tensors, metadata);
  await sink(header);
  let written = header.length;
  for (const tensor of order) {
    const begin = written;
    for await (const piece of tensor.produce()) {
      await sink(piece);
      written += piece.length;
      onPiece?.(written, size);
    }
    checkLength(tensor, written - begin);
  }
}

/** A safetensors file in memory. */
export function encodeSafetensors(
  tensors: readonly TensorBytes[],
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const { header, order, size } = layOut(tensors, metadata);
  const out = new Uint8Array(size);
  out.set(header);
  let at = header.length;
  for (const tensor of order) {
    checkLength(tensor, tensor.bytes.length);
    out.set(tensor.bytes, at);
    at += tensor.bytes.length;
  }
  return out;
}

/** The bytes of a typed array, as a view. */
export function bytesOf(array: ArrayBufferView): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

/** Chooses the order, and renders the header with spaces up to the alignment. */
function layOut<T extends TensorShape>(
  tensors: readonly T[],
  metadata: Readonly<Record<string, string>>,
): { readonly header: Uint8Array; readonly order: readonly T[]; readonly size: number } {
  const order = [...tensors].sort((a, b) => divisor(lengthOf(b)) - divisor(lengthOf(a)));
  const entries: [string, unknown][] = [];
  if (Object.keys(metadata).length > 0) entries.push(['__metadata__', metadata]);
  let end = 0;
  for (const tensor of order) {
    const begin = end;
    end += lengthOf(tensor);
    entries.push([tensor.name, { dtype: tensor.dtype, shape: tensor.shape, data_offsets: [begin, end] }]);
  }
  const table = Object.fromEntries(entries);
  if (Object.keys(table).length !== entries.length) {
    throw new TreekvError('BAD_WEIGHTS', 'two tensors have the same name, or one is called __metadata__', {
      names: order.map((tensor) => tensor.name),
    });
  }
  const header = padHeader(table);
  return { header, order, size: header.length + end };
}

/** A header's bytes with spaces up to the alignment. */
export function padHeader(table: object): Uint8Array {
  const json = new TextEncoder().encode(JSON.stringify(table));
  const dataStart = Math.ceil((prefixBytes + json.length) / alignment) * alignment;
  const header = new Uint8Array(dataStart).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(dataStart - prefixBytes), true);
  header.set(json, prefixBytes);
  return header;
}

function lengthOf(tensor: TensorShape): number {
  const length = tensorBytes(tensor.dtype, tensor.shape);
  if (Number.isNaN(length)) {
    const shape = JSON.stringify(tensor.shape);
    throw new TreekvError('BAD_WEIGHTS', `tensor ${tensor.name} cannot have shape ${shape}`, { ...tensor });
  }
  return length;
}

/** The largest power of two, up to the alignment, that divides `length`. */
function divisor(length: number): number {
  let power = alignment;
  while (length % power !== 0) power /= 2;
  return power;
}

function checkLength(tensor: TensorShape, actual: number): void {
  const expected = lengthOf(tensor);
  if (actual === expected) return;
  throw new TreekvError(
    'BAD_WEIGHTS',
    `tensor ${tensor.name} of ${tensor.dtype} ${JSON.stringify(tensor.shape)} needs ${expected} bytes, got ` +
      `${actual}`,
    { name: tensor.name, expected, actual },
  );
}
