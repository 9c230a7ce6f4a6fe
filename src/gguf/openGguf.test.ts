// Against @huggingface/gguf, an independent reader, and against what was written.
import { open, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type GGUFParseOutput, gguf } from '@huggingface/gguf';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../core/temporaryFolder.testing.ts';
import type { GgufTensorType, GgufValue } from './gguf.ts';
import type { EncodableType } from './ggufBlocks.testing.ts';
import { ggufTypes } from './ggufTypes.ts';
import { encodeGguf, type GgufToWrite, type MetadataToWrite, writeGguf } from './ggufWriter.testing.ts';
import { openGguf } from './openGguf.ts';
import { widenGguf } from './widenGguf.ts';

const scalars = {
  'kind.uint8': { kind: 'UINT8', value: 200 },
  'kind.int8': { kind: 'INT8', value: -100 },
  'kind.uint16': { kind: 'UINT16', value: 60000 },
  'kind.int16': { kind: 'INT16', value: -30000 },
  'kind.uint32': 4000000000,
  'kind.int32': -2000000000,
  'kind.float32': 1e-5,
  'kind.float64': { kind: 'FLOAT64', value: 1e-5 },
  'kind.uint64': { kind: 'UINT64', value: 2n ** 53n - 1n },
  'kind.int64': { kind: 'INT64', value: -(2n ** 53n - 1n) },
  'kind.true': true,
  'kind.false': false,
  'kind.text': 'Ġthe \u{1f600}\n',
  'kind.empty': '',
} as const satisfies Record<string, MetadataToWrite>;

const arrays = {
  'array.texts': ['<s>', 'Ġa', '', '世'],
  'array.uint8': Uint8Array.of(1, 255),
  'array.int8': Int8Array.of(-1, 127),
  'array.uint16': Uint16Array.of(1, 65535),
  'array.int16': Int16Array.of(-1, 32767),
  'array.uint32': Uint32Array.of(1, 4294967295),
  'array.int32': Int32Array.of(-1, 2147483647),
  'array.float32': Float32Array.of(0.1, -1e30),
  'array.float64': Float64Array.of(0.1, -1e300),
  'array.uint64': { arrayOf: 'UINT64', values: [1n, 2n ** 53n - 1n] },
  'array.int64': { arrayOf: 'INT64', values: [-1n, 2n ** 40n] },
  'array.bool': { arrayOf: 'BOOL', values: [true, false] },
  'array.empty': new Int32Array(0),
} as const satisfies Record<string, MetadataToWrite>;

const types = Object.keys(ggufTypes) as GgufTensorType[];
const tensors = types.map((type, i) => {
  const { block, bytes } = ggufTypes[type];
  const shape = i % 2 === 0 ? [3, 2 * block] : [2 * block];
  const count = i % 2 === 0 ? 6 : 2;
  const filled = Uint8Array.from({ length: count * bytes }, (_, at) => (at * 7 + i) & 63);
  return { name: `blk.${i}.${type}.weight`, type, shape, bytes: filled };
});

/** What the other reader says, in our terms. */
function inOurTerms(theirs: GGUFParseOutput) {
  const metadata = Object.entries(theirs.metadata as Record<string, unknown>)
    .filter(([key]) => !['version', 'tensor_count', 'kv_count'].includes(key))
    .map(([key, value]) => [key, plain(value)]);
  const dataStart = Number(theirs.tensorDataOffset);
  const places = theirs.tensorInfos.map(({ name, shape, dtype, offset }) => ({
    name,
    shape: shape.map(Number).reverse(),
    type: dtype as number,
    offset: dataStart + Number(offset),
  }));
  return { version: theirs.metadata.version, metadata, dataStart, places };
}

function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  return typeof value === 'bigint' || typeof value === 'boolean' ? Number(value) : value;
}

const plainValue = (value: GgufValue) =>
  plain(typeof value === 'object' ? Array.from<unknown>(value) : value);

async function compareReaders(contents: GgufToWrite): Promise<void> {
  const file = join(await temporaryFolder(), 'x.gguf');
  await writeGguf(file, contents);
  const ours = await openGguf(file);
  await ours.close();
  expect({
    version: ours.version,
    metadata: [...ours.metadata].map(([key, value]) => [key, plainValue(value)]),
    dataStart: ours.dataStart,
    places: [...ours.tensors.values()].map(({ name, shape, type, offset }) => ({
      name,
      shape,
      type: ggufTypes[type].id,
      offset,
    })),
  }).toEqual(inOurTerms(await gguf(file, { allowLocalFile: true })));
}

describe('@huggingface/gguf reads the same', () => {
  test('values of every kind', () => compareReaders({ metadata: scalars }));
  test('arrays of every kind', () => compareReaders({ metadata: arrays }));
  test('tensors of every type', () => compareReaders({ tensors, metadata: scalars }));
  test('of version 2', () => compareReaders({ version: 2, tensors, metadata: scalars }));
  test.each([8, 64, 256])('with alignment %i', (alignment) =>
    compareReaders({ alignment, tensors, metadata: scalars }),
  );
});

test('the bytes of each tensor are those that were written', async () => {
  const file = join(await temporaryFolder(), 'x.gguf');
  await writeGguf(file, { tensors });
  const opened = await openGguf(file);
  for (const { name, type, shape, bytes } of tensors) {
    const tensor = opened.tensors.get(name);
    expect(tensor).toMatchObject({ name, type, shape, length: bytes.length });
    expect(await opened.readRange(tensor?.offset ?? 0, tensor?.length ?? 0)).toEqual(bytes);
  }
  await opened.close();
});

test.each<[EncodableType, number]>([
  ['F32', 0],
  ['F16', 2 ** -11],
  ['BF16', 2 ** -8],
  ['Q8_0', 0.5 / 127],
  ['Q4_1', 1 / 15],
  ['Q4_0', 1 / 8],
])('values written as %s come back within its step', async (type, step) => {
  const values = Float32Array.from({ length: 128 }, (_, i) => Math.sin(i * i));
  const file = join(await temporaryFolder(), 'x.gguf');
  await writeGguf(file, { tensors: [{ name: 'w', type, shape: [2, 64], values }] });
  const opened = await openGguf(file);
  const { offset, length } = opened.tensors.get('w') ?? { offset: 0, length: 0 };
  const back = widenGguf(type, await opened.readRange(offset, length), values.length);
  const worst = Math.max(...back.map((value, i) => Math.abs(value - values[i])));
  expect(worst).toBeLessThanOrEqual(step * 1.01);
  if (step > 0) expect(worst).toBeGreaterThan(step / 10);
  await opened.close();
});

test('a header longer than the first read is read on', async () => {
  const tokens = Array.from({ length: 40_000 }, (_, i) => `token ${i} ${'é'.repeat(70)}`);
  const contents = { metadata: { tokens, scores: new Float32Array(40_000).fill(0.5), last: 'x' }, tensors };
  const file = join(await temporaryFolder(), 'x.gguf');
  await writeGguf(file, contents);
  const { metadata, tensors: found, dataStart, close } = await openGguf(file);
  await close();
  expect(dataStart).toBeGreaterThan(5 * 2 ** 20);
  // element by element, a matcher takes seconds
  expect(Array.from(metadata.get('tokens') as string[]).join('\n') === tokens.join('\n')).toBe(true);
  expect((metadata.get('scores') as Float32Array).every((score) => score === 0.5)).toBe(true);
  expect(metadata.get('scores')).toHaveLength(40_000);
  expect(metadata.get('last')).toBe('x');
  expect(found.size).toBe(tensors.length);
});

test('a tensor past 4 GiB is found and read', async () => {
  const file = join(await temporaryFolder(), 'x.gguf');
  const far = 5 * 2 ** 30;
  const header = encodeGguf({
    tensors: [{ name: 'far', type: 'F32', shape: [2], bytes: new Uint8Array(0), offset: far }],
  });
  await writeFile(file, header);
  // a hole: the file takes a few kilobytes of the disk
  await truncate(file, header.length + far + 8);
  const handle = await open(file, 'r+');
  await handle.write(new Uint8Array(Float32Array.of(1.5, -2).buffer), 0, 8, header.length + far);
  await handle.close();
  const opened = await openGguf(file);
  expect(opened.tensors.get('far')?.offset).toBe(header.length + far);
  const bytes = await opened.readRange(header.length + far, 8);
  expect([...widenGguf('F32', bytes, 2)]).toEqual([1.5, -2]);
  await opened.close();
});

test('the size is that of the file', async () => {
  const file = join(await temporaryFolder(), 'x.gguf');
  const bytes = encodeGguf({ tensors });
  await writeFile(file, bytes);
  const { size, close } = await openGguf(file);
  await close();
  expect(size).toBe(bytes.length);
});

test('an absent file is FILE_NOT_FOUND', async () => {
  const file = join(await temporaryFolder(), 'x.gguf');
  await expect(openGguf(file)).rejects.toMatchObject({ code: 'FILE_NOT_FOUND', details: { file } });
});

test('a folder is refused', async () => {
  const folder = await temporaryFolder();
  await expect(openGguf(folder)).rejects.toMatchObject({ code: 'BAD_FILE', details: { file: folder } });
});

test('an empty file is refused', async () => {
  const file = join(await temporaryFolder(), 'x.gguf');
  await writeFile(file, '');
  await expect(openGguf(file)).rejects.toThrow(
    `${file}: the header needs a byte from byte 0 on; 0 are left in the file`,
  );
});
