import { readFile, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { packageRoot } from '../core/packageRoot.ts';
import { temporaryFolder } from '../core/temporaryFolder.testing.ts';
import { EmbeddingTable } from './embeddingTable.ts';
import { openGgufCheckpoint } from './ggufCheckpoint.ts';
import { writeGgufCopy } from './ggufCopy.testing.ts';
import type { Dtype } from './packed.ts';
import { openPacked, parseDtype } from './packedWeights.ts';
import { packModel } from './packModel.ts';
import { decodeSafetensors } from './safetensors.ts';
import { encodeSafetensors, type TensorBytes } from './safetensorsWriter.ts';
import { writeTinyModel } from './tinyModel.testing.ts';

async function pack(dtype: Dtype, tied = true) {
  const folder = await temporaryFolder();
  const model = await writeTinyModel(folder, { tied });
  const file = join(folder, 'packed.safetensors');
  await packModel(folder, dtype, file);
  return { folder, file, model };
}

type Change = (
  tensors: TensorBytes[],
  metadata: Record<string, string>,
) => readonly [readonly TensorBytes[], Record<string, string>];

/** A packed file written again with other tensors or metadata. */
async function tamper(change: Change): Promise<string> {
  const { file } = await pack('q8');
  const { tensors, metadata } = decodeSafetensors(await readFile(file));
  const list = [...tensors].map(([name, view]) => ({ name, ...view }));
  await writeFile(file, encodeSafetensors(...change(list, { ...metadata })));
  return file;
}

test.each<Dtype>(['fp32', 'q8', 'q4'])(
  'a packed %s file opens with its config, type and directory',
  async (dtype) => {
    const { file, model } = await pack(dtype);
    const weights = await openPacked(file);
    expect(weights.config).toEqual(model.config);
    expect(weights.dtype).toBe(dtype);
    const bytes = await readFile(file);
    const stored = decodeSafetensors(bytes);
    expect([...weights.tensors.keys()].sort()).toEqual([...stored.tensors.keys()].sort());
    const { offset, length } = weights.tensors.get('1.norm2') ?? { offset: 0, length: 0 };
    expect(bytes.subarray(offset, offset + length)).toEqual(
      Buffer.from(stored.tensors.get('1.norm2')?.bytes ?? []),
    );
  },
);

test('a linear layer has the format of its type', async () => {
  const q4 = await openPacked((await pack('q4', false)).file);
  expect(q4.format('1.down')).toEqual({ kind: 'blocks', bits: 4, block: 32 });
  expect(q4.format('head')).toEqual({ kind: 'blocks', bits: 8, block: 128 });
  const fp32 = await openPacked((await pack('fp32')).file);
  expect(fp32.format('0.qkv')).toEqual({ kind: 'float' });
});

test('a tied head has the format of the table', async () => {
  const weights = await openPacked((await pack('q8')).file);
  expect(weights.format('head')).toBe(weights.format('embed'));
});

test('a layer that does not exist has no format', async () => {
  const weights = await openPacked((await pack('q8')).file);
  expect(() => weights.format('2.qkv')).toThrow(/no linear layer 2.qkv/);
});

test('the path is the real one, behind links', async () => {
  const { folder, file } = await pack('q8');
  await symlink(file, join(folder, 'link'));
  expect((await openPacked(join(folder, 'link'))).file).toBe((await openPacked(file)).file);
});

test('a file that is not packed is BAD_FILE', async () => {
  const { folder } = await pack('q8');
  await expect(openPacked(join(folder, 'model.safetensors'))).rejects.toMatchObject({ code: 'BAD_FILE' });
});

test('a file of another version is UNSUPPORTED', async () => {
  const file = await tamper((tensors, metadata) => [tensors, { ...metadata, version: '1' }]);
  await expect(openPacked(file)).rejects.toMatchObject({ code: 'UNSUPPORTED', details: { version: '1' } });
});

test.each([
  ['dtype', 'q5', /unknown weight type q5/],
  ['config', '{', /no valid config/],
  ['config', '{"architecture":"llama"}', /is absent/],
])('metadata whose %s is %s are BAD_FILE', async (key, value, message) => {
  const file = await tamper((tensors, metadata) => [tensors, { ...metadata, [key]: value }]);
  await expect(openPacked(file)).rejects.toMatchObject({
    code: 'BAD_FILE',
    message: expect.stringMatching(message),
  });
});

test.each(['Q4_0', 'Q8_0'] as const)('formats that a %s file kept are read back', async (type) => {
  const { folder, file } = await pack('q4');
  const tiny = await writeTinyModel(folder);
  await packModel(await writeGgufCopy(join(folder, 'x.gguf'), tiny, { type: () => type }), 'q4', file);
  const weights = await openPacked(file);
  expect(weights.format('embed')).toEqual({ kind: 'blocks', bits: type === 'Q4_0' ? 4 : 8, block: 32 });
  expect(weights.format('head')).toBe(weights.format('embed'));
  expect(weights.format('1.down')).toEqual({ kind: 'blocks', bits: 4, block: 32 });
});

test.each([
  ['{"0.qkv":{"bits":5,"block":32}}', /gives 0.qkv the format \{"bits":5,"block":32\}/],
  ['{"0.qkv":{"bits":4,"block":48}}', /gives 0.qkv the format/],
  ['{"0.qkv":null}', /gives 0.qkv the format null/],
  ['{', /no valid formats/],
  ['[]', /no valid formats/],
])('the formats %s are BAD_FILE', async (formats, message) => {
  const file = await tamper((tensors, metadata) => [tensors, { ...metadata, formats }]);
  await expect(openPacked(file)).rejects.toMatchObject({
    code: 'BAD_FILE',
    message: expect.stringMatching(message),
  });
});

test('a format that the tensors do not have, or of a layer that there is not, is BAD_WEIGHTS', async () => {
  for (const [name, message] of [
    ['0.qkv', /0.qkv.weight is U8 \[128,1,128\]; it must be U8 \[128,2,16\]/],
    ['9.qkv', /no linear layer 9.qkv/],
  ] as const) {
    const formats = JSON.stringify({ [name]: { bits: 4, block: 32 } });
    const file = await tamper((tensors, metadata) => [tensors, { ...metadata, formats }]);
    await expect(openPacked(file)).rejects.toMatchObject({
      code: 'BAD_WEIGHTS',
      message: expect.stringMatching(message),
    });
  }
});

test('a tensor that is absent is BAD_WEIGHTS and named', async () => {
  const file = await tamper((tensors, metadata) => [
    tensors.filter(({ name }) => name !== '0.o.scales'),
    metadata,
  ]);
  await expect(openPacked(file)).rejects.toMatchObject({
    code: 'BAD_WEIGHTS',
    details: { name: '0.o.scales' },
  });
});

test('a tensor of another shape is BAD_WEIGHTS', async () => {
  const file = await tamper((tensors, metadata) => [
    tensors.map((tensor) => (tensor.name === 'norm' ? { ...tensor, shape: [2, 32] } : tensor)),
    metadata,
  ]);
  await expect(openPacked(file)).rejects.toThrow(/norm is F32 \[2,32\]; it must be F32 \[64\]/);
});

test('a truncated file is BAD_FILE', async () => {
  const { file } = await pack('q8');
  await truncate(file, 50_000);
  await expect(openPacked(file)).rejects.toMatchObject({ code: 'BAD_FILE', details: { actual: 50_000 } });
});

test('the fingerprint depends on the weights and the type alone', async () => {
  const first = await pack('q8');
  const second = await pack('q8');
  const q4 = await pack('q4');
  const prints = await Promise.all(
    [first, second, q4].map(async ({ file }) => (await openPacked(file)).fingerprint),
  );
  expect(prints[1]).toBe(prints[0]);
  expect(prints[2]).not.toBe(prints[0]);
});

test('the embedded model has the fingerprint that results and snapshots of version 1 know it by', async () => {
  const embedded = join(packageRoot(), 'models', 'books-27m-4k', 'model.safetensors');
  expect((await openPacked(embedded)).fingerprint).toBe(
    'f8c624d9c457070423c6d50e1293785ad0559699dc06d70cce95e7f2f260c85b',
  );
});

test('an unknown weight type is BAD_OPTION and lists what there is', () => {
  expect(() => parseDtype('int8')).toThrow(/int8 is unknown; choose one of fp32, q8, q4/);
});

test.each(['Q4_0', 'Q8_0'] as const)('rows of a table kept as %s are those of the file', async (type) => {
  const { folder, file } = await pack('q8');
  const gguf = await writeGgufCopy(join(folder, 'x.gguf'), await writeTinyModel(folder), {
    type: () => type,
  });
  await packModel(gguf, 'q8', file);
  const checkpoint = await openGgufCheckpoint(gguf);
  const table = await EmbeddingTable.open(await openPacked(file));
  const row = new Float32Array(64);
  for (const id of [0, 41, 95]) {
    table.row(id, row, 0);
    expect(row).toEqual(await checkpoint.readRows('model.embed_tokens.weight', id, 1));
  }
  await table.close();
  await checkpoint.close();
});

test('rows of an fp32 table are the weights', async () => {
  const { file, model } = await pack('fp32');
  const table = await EmbeddingTable.open(await openPacked(file));
  const out = new Float32Array(70);
  table.row(95, out, 3);
  const values = model.weights.get('model.embed_tokens.weight')?.values;
  expect(out.subarray(3, 67)).toEqual(values?.subarray(95 * 64, 96 * 64));
  await table.close();
});

test.each<Dtype>(['q8', 'q4'])(
  'rows of a %s table are within half an 8-bit step of the weights',
  async (dtype) => {
    const { file, model } = await pack(dtype);
    const table = await EmbeddingTable.open(await openPacked(file));
    const values = model.weights.get('model.embed_tokens.weight')?.values ?? new Float32Array(0);
    const row = new Float32Array(64);
    for (let id = 0; id < 96; id++) {
      table.row(id, row, 0);
      const wanted = values.subarray(id * 64, id * 64 + 64);
      const step = Math.max(...wanted.map(Math.abs)) / 127;
      for (let i = 0; i < 64; i++) expect(Math.abs(row[i] - wanted[i])).toBeLessThanOrEqual(step * 0.501);
    }
    await table.close();
  },
);

test('a table whose file was cut short meanwhile is BAD_FILE', async () => {
  const { file } = await pack('q8');
  const table = await EmbeddingTable.open(await openPacked(file));
  await truncate(file, 1000);
  expect(() => table.row(95, new Float32Array(64), 0)).toThrow(
    expect.objectContaining({
      code: 'BAD_FILE',
      details: expect.objectContaining({ expected: 128, actual: 0 }),
    }),
  );
  await table.close();
});

test('a token outside the vocabulary is refused', async () => {
  const table = await EmbeddingTable.open(await openPacked((await pack('q8')).file));
  for (const id of [-1, 96, 1.5, Number.NaN]) {
    expect(() => table.row(id, new Float32Array(64), 0)).toThrow(/not in the vocabulary of 96/);
  }
  await table.close();
});
