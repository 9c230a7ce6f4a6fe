import { truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../core/temporaryFolder.testing.ts';
import { decodeSafetensors, openSafetensors } from './safetensors.ts';
import { dtypeBits, type SafetensorsDtype } from './safetensorsHeader.ts';
import { encodeSafetensors, type TensorBytes } from './safetensorsWriter.ts';

const wholeByteTypes = (Object.keys(dtypeBits) as SafetensorsDtype[]).filter((t) => dtypeBits[t] % 8 === 0);

const tensor: fc.Arbitrary<TensorBytes> = fc
  .record({
    name: fc.string({ minLength: 1 }).filter((name) => name !== '__metadata__'),
    dtype: fc.constantFrom(...wholeByteTypes),
    shape: fc.array(fc.nat(5), { maxLength: 4 }),
    fill: fc.nat(255),
  })
  .map(({ name, dtype, shape, fill }) => {
    const length = shape.reduce((product, size) => product * size, dtypeBits[dtype] / 8);
    return { name, dtype, shape, bytes: new Uint8Array(length).fill(fill) };
  });
const tensors = fc.uniqueArray(tensor, { selector: ({ name }) => name, maxLength: 12 });
const metadata = fc.dictionary(fc.string(), fc.string(), { noNullPrototype: true });

/** A file with this header and so many bytes of data. */
function withHeader(header: unknown, dataBytes: number): Uint8Array {
  const json = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const out = new Uint8Array(8 + json.length + dataBytes);
  new DataView(out.buffer).setBigUint64(0, BigInt(json.length), true);
  out.set(json, 8);
  return out;
}

const floats = (begin: number, end: number) => ({
  dtype: 'F32',
  shape: [(end - begin) / 4],
  data_offsets: [begin, end],
});

test('what is encoded comes back', () => {
  fc.assert(
    fc.property(tensors, metadata, (list, extra) => {
      const decoded = decodeSafetensors(encodeSafetensors(list, extra));
      expect(decoded.metadata).toEqual(extra);
      expect(decoded.tensors.size).toBe(list.length);
      for (const { name, dtype, shape, bytes } of list) {
        expect(decoded.tensors.get(name)).toEqual({ dtype, shape, bytes });
      }
    }),
  );
});

test('a file gives the same tensors as the bytes in memory', async () => {
  const file = join(await temporaryFolder(), 'x.safetensors');
  const list: TensorBytes[] = [
    { name: 'a', dtype: 'U8', shape: [3], bytes: Uint8Array.of(1, 2, 3) },
    { name: 'b', dtype: 'F32', shape: [2, 1], bytes: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8) },
  ];
  await writeFile(file, encodeSafetensors(list, { who: 'test' }));
  const opened = await openSafetensors(file);
  expect(opened.metadata).toEqual({ who: 'test' });
  for (const { name, bytes } of list) expect(await opened.read(name)).toEqual(bytes);
  await opened.close();
});

test('data begins at a multiple of 64, and each tensor at the power of two of its length', () => {
  fc.assert(
    fc.property(tensors, (list) => {
      const bytes = encodeSafetensors(list);
      const dataStart = 8 + Number(new DataView(bytes.buffer).getBigUint64(0, true));
      expect(dataStart % 64).toBe(0);
      for (const view of decodeSafetensors(bytes).tensors.values()) {
        const power = Math.min(64, view.bytes.length & -view.bytes.length);
        if (power > 0) expect(view.bytes.byteOffset % power).toBe(0);
      }
    }),
  );
});

test('reading a tensor that is not there names it', async () => {
  const file = join(await temporaryFolder(), 'x.safetensors');
  await writeFile(file, encodeSafetensors([]));
  const opened = await openSafetensors(file);
  await expect(opened.read('w')).rejects.toMatchObject({ code: 'BAD_WEIGHTS', details: { name: 'w' } });
  await opened.close();
});

test('an absent file is FILE_NOT_FOUND', async () => {
  const file = join(await temporaryFolder(), 'x.safetensors');
  await expect(openSafetensors(file)).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
});

test('a file cut off anywhere is refused with the bytes expected and found', async () => {
  const whole = encodeSafetensors([{ name: 'a', dtype: 'U8', shape: [40], bytes: new Uint8Array(40) }]);
  const file = join(await temporaryFolder(), 'x.safetensors');
  await writeFile(file, whole);
  for (let size = whole.length - 1; size >= 0; size -= 7) {
    await truncate(file, size);
    await expect(openSafetensors(file)).rejects.toMatchObject({
      code: 'BAD_FILE',
      details: { actual: size },
    });
  }
  expect(() => decodeSafetensors(whole.subarray(0, whole.length - 1))).toThrow(
    `is truncated: expected ${whole.length} bytes, found ${whole.length - 1}`,
  );
});

test('a header larger than the file is refused', () => {
  const bytes = withHeader({}, 0);
  new DataView(bytes.buffer).setBigUint64(0, 1000n, true);
  expect(() => decodeSafetensors(bytes)).toThrow(/header alone needs 1008 bytes, found 10/);
});

test('a header of absurd length is refused before it is read', () => {
  const bytes = new Uint8Array(16).fill(255);
  expect(() => decodeSafetensors(bytes)).toThrow(/header of \d+ bytes; at most 100000000/);
});

test.each<[string, unknown, number, RegExp]>([
  ['is not JSON', '{"a":', 0, /not JSON/],
  ['is not an object', [], 0, /not a JSON object/],
  ['holds metadata other than strings', { __metadata__: { a: 1 } }, 0, /table of strings/],
  [
    'names an unknown type',
    { a: { dtype: 'F31', shape: [1], data_offsets: [0, 4] } },
    4,
    /unknown type "F31"/,
  ],
  [
    'has a type like a method',
    { a: { dtype: 'toString', shape: [], data_offsets: [0, 4] } },
    4,
    /unknown type/,
  ],
  ['holds no tensor', { a: null }, 0, /unknown type undefined/],
  ['lies about a size', { a: { ...floats(0, 8), shape: [3] } }, 8, /8 bytes instead of 12/],
  ['has a negative size', { a: { ...floats(0, 8), shape: [-1, -2] } }, 8, /instead of NaN/],
  ['has a size beyond counting', { a: { ...floats(0, 8), shape: [2 ** 50, 2 ** 50] } }, 8, /instead of NaN/],
  [
    'has offsets backwards',
    { a: { dtype: 'U8', shape: [0], data_offsets: [4, 0] } },
    4,
    /data_offsets \[4,0\]/,
  ],
  ['has three offsets', { a: { dtype: 'U8', shape: [1], data_offsets: [0, 1, 2] } }, 1, /data_offsets/],
  ['overlaps', { a: floats(0, 8), b: floats(4, 12) }, 12, /tensor b .*overlaps/],
  ['has a tensor twice', { a: floats(0, 8), b: floats(0, 8) }, 8, /tensor b .*overlaps/],
  ['leaves a hole', { a: floats(0, 4), b: floats(8, 12) }, 12, /tensor b .*hole/],
  ['points past the end', { a: floats(0, 8) }, 4, /truncated: expected \d+ bytes/],
  ['leaves bytes over', { a: floats(0, 8) }, 9, /longer than its header says/],
])('a header that %s is refused', (_, header, dataBytes, message) => {
  const attempt = () => decodeSafetensors(withHeader(header, dataBytes), 'x.safetensors');
  expect(attempt).toThrow(expect.objectContaining({ code: 'BAD_FILE' }));
  expect(attempt).toThrow(message);
});

test('any bytes at all are either read or refused as BAD_FILE', () => {
  fc.assert(
    fc.property(fc.json(), fc.nat(32), (header, dataBytes) => {
      try {
        decodeSafetensors(withHeader(header, dataBytes));
      } catch (error) {
        expect(error).toMatchObject({ code: 'BAD_FILE' });
      }
    }),
  );
});

test('two tensors of one name are not written', () => {
  const one: TensorBytes = { name: 'a', dtype: 'U8', shape: [1], bytes: new Uint8Array(1) };
  expect(() => encodeSafetensors([one, one])).toThrow(/same name/);
});

test('a tensor whose bytes do not fit its shape is not written', () => {
  const bad: TensorBytes = { name: 'a', dtype: 'F32', shape: [2], bytes: new Uint8Array(4) };
  expect(() => encodeSafetensors([bad])).toThrow(/tensor a .*needs 8 bytes, got 4/);
});
