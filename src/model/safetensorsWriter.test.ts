import { expect, test } from 'vitest';
import {
  encodeSafetensors,
  type TensorBytes,
  type TensorSource,
  writeSafetensors,
} from './safetensorsWriter.ts';

const tensors: readonly TensorBytes[] = ['a', 'b'].map((name, seed) => ({
  ...{ name, dtype: 'U8', shape: [7] },
  bytes: Uint8Array.from({ length: 7 }, (_, i) => 10 * seed + i),
}));

/** The same tensor in pieces of so many bytes, all in one buffer that is used again. */
function inPieces({ bytes, ...shape }: TensorBytes, length: number): TensorSource {
  return {
    ...shape,
    async *produce() {
      const buffer = new Uint8Array(length);
      for (let at = 0; at < bytes.length; at += length) {
        const piece = bytes.subarray(at, at + length);
        buffer.set(piece);
        yield buffer.subarray(0, piece.length);
      }
    },
  };
}

/** A sink that keeps what it is given. */
function collect() {
  const written: Uint8Array[] = [];
  const sink = async (bytes: Uint8Array) => {
    written.push(bytes.slice());
  };
  return { sink, bytes: () => new Uint8Array(Buffer.concat(written)) };
}

test.each([1, 3, 7])('pieces of %d bytes make the file that whole tensors make', async (length) => {
  const { sink, bytes } = collect();
  const sources = tensors.map((tensor) => inPieces(tensor, length));
  await writeSafetensors(sink, sources, { of: 'test' });
  expect(bytes()).toEqual(encodeSafetensors(tensors, { of: 'test' }));
});

test('every piece is told, up to the whole', async () => {
  const { sink, bytes } = collect();
  const told: (readonly [number, number])[] = [];
  const sources = tensors.map((tensor) => inPieces(tensor, 3));
  await writeSafetensors(sink, sources, {}, (written, total) => told.push([written, total]));
  const size = bytes().length;
  const header = size - 14;
  expect(told).toEqual([3, 6, 7, 10, 13, 14].map((written) => [header + written, size]));
});

test.each([6, 8])('pieces that come to %d bytes instead of 7 are BAD_WEIGHTS', async (length) => {
  const [{ name, dtype, shape }] = tensors;
  const wrong = inPieces({ name, dtype, shape, bytes: new Uint8Array(length) }, 2);
  await expect(writeSafetensors(collect().sink, [wrong], {})).rejects.toMatchObject({
    code: 'BAD_WEIGHTS',
    details: { name: 'a', expected: 7, actual: length },
  });
});
