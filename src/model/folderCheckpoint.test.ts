import { cp, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../core/temporaryFolder.testing.ts';
import { openFolderCheckpoint } from './folderCheckpoint.ts';
import { writeTinyModel } from './tinyModel.testing.ts';

const query = 'model.layers.1.self_attn.q_proj.weight';

async function fingerprintOf(folder: string): Promise<string> {
  const checkpoint = await openFolderCheckpoint(folder);
  const fingerprint = await checkpoint.fingerprint();
  await checkpoint.close();
  return fingerprint;
}

test.each(['F32', 'F16', 'BF16'] as const)('weights stored as %s are read as float32', async (dtype) => {
  const { folder, weights } = await writeTinyModel(await temporaryFolder(), { dtype });
  const checkpoint = await openFolderCheckpoint(folder);
  expect(checkpoint.names).toEqual([...weights.keys()].sort());
  for (const [name, { shape, values }] of weights) {
    checkpoint.demand(name, shape);
    expect(await checkpoint.readRows(name, 0, shape.length === 1 ? 1 : shape[0])).toEqual(values);
    expect(checkpoint.blockFormat(name)).toBeUndefined();
  }
  expect(checkpoint.held).toEqual([dtype]);
  await checkpoint.close();
});

test('shards give the same weights as one file', async () => {
  const { folder, weights } = await writeTinyModel(await temporaryFolder(), { shards: 3 });
  const checkpoint = await openFolderCheckpoint(folder);
  for (const [name, { shape, values }] of weights) {
    expect(await checkpoint.readRows(name, 0, shape.length === 1 ? 1 : shape[0])).toEqual(values);
  }
  expect(checkpoint.files.map((file) => basename(file))).toEqual([
    'model-00001-of-00003.safetensors',
    'model-00002-of-00003.safetensors',
    'model-00003-of-00003.safetensors',
  ]);
  await checkpoint.close();
});

test('a run of rows is that part of the tensor', async () => {
  const { folder, weights } = await writeTinyModel(await temporaryFolder(), { dtype: 'BF16' });
  const checkpoint = await openFolderCheckpoint(folder);
  const values = weights.get(query)?.values.subarray(7 * 64, 10 * 64);
  expect(await checkpoint.readRows(query, 7, 3)).toEqual(values);
  await checkpoint.close();
});

test('a missing tensor is BAD_WEIGHTS and named', async () => {
  const { folder } = await writeTinyModel(await temporaryFolder());
  const checkpoint = await openFolderCheckpoint(folder);
  expect(() => checkpoint.demand('lm_head.weight', [96, 64])).toThrow(
    expect.objectContaining({
      code: 'BAD_WEIGHTS',
      details: expect.objectContaining({ name: 'lm_head.weight' }),
    }),
  );
  await checkpoint.close();
});

test('a wrong shape is BAD_WEIGHTS with the shape expected and found', async () => {
  const { folder } = await writeTinyModel(await temporaryFolder());
  const checkpoint = await openFolderCheckpoint(folder);
  expect(() => checkpoint.demand(query, [64, 65])).toThrow(
    expect.objectContaining({
      code: 'BAD_WEIGHTS',
      message: expect.stringMatching(/q_proj.weight has shape \[64,64\].*\[64,65\]/),
    }),
  );
  await checkpoint.close();
});

test('a type other than F32, F16 and BF16 is UNSUPPORTED', async () => {
  const { folder } = await writeTinyModel(await temporaryFolder(), {
    change: (tensors) => tensors.map((tensor) => ({ ...tensor, dtype: 'I32' })),
  });
  const checkpoint = await openFolderCheckpoint(folder);
  expect(() => checkpoint.demand(query, [64, 64])).toThrow(
    expect.objectContaining({
      code: 'UNSUPPORTED',
      details: expect.objectContaining({ dtype: 'I32' }),
    }),
  );
  await checkpoint.close();
});

test('a shard that is not there is FILE_NOT_FOUND and named', async () => {
  const { folder } = await writeTinyModel(await temporaryFolder(), { shards: 2 });
  await rm(join(folder, 'model-00002-of-00002.safetensors'));
  await expect(openFolderCheckpoint(folder)).rejects.toMatchObject({
    code: 'FILE_NOT_FOUND',
    message: expect.stringMatching(/model-00002-of-00002.*index.json names it/),
  });
});

test('an index that puts a tensor into the wrong shard is BAD_WEIGHTS', async () => {
  const { folder } = await writeTinyModel(await temporaryFolder(), { shards: 2 });
  const file = join(folder, 'model.safetensors.index.json');
  const swapped = (await readFile(file, 'utf8')).replace('00001-of', '00002-of');
  await writeFile(file, swapped);
  await expect(openFolderCheckpoint(folder)).rejects.toMatchObject({ code: 'BAD_WEIGHTS' });
});

test.each(['../model.safetensors', '..', '/etc/passwd', 7])(
  'an index that names the shard %o is refused',
  async (shard) => {
    const { folder } = await writeTinyModel(await temporaryFolder(), { shards: 2 });
    const index = JSON.stringify({ weight_map: { w: shard } });
    await writeFile(join(folder, 'model.safetensors.index.json'), index);
    await expect(openFolderCheckpoint(folder)).rejects.toMatchObject({
      code: 'BAD_FILE',
      details: { shard },
    });
  },
);

test('an absent folder, config and weights are three different messages', async () => {
  const folder = await temporaryFolder();
  const attempt = (path: string) => expect(openFolderCheckpoint(path)).rejects;
  await attempt(join(folder, 'no')).toMatchObject({
    code: 'FILE_NOT_FOUND',
    message: expect.stringMatching(/model folder/),
  });
  await attempt(folder).toMatchObject({
    code: 'FILE_NOT_FOUND',
    message: expect.stringMatching(/config.json does not exist/),
  });
  await writeTinyModel(folder);
  await rm(join(folder, 'model.safetensors'));
  await attempt(folder).toMatchObject({
    code: 'FILE_NOT_FOUND',
    message: expect.stringMatching(/neither model.safetensors nor/),
  });
});

test('a config.json that is not JSON is BAD_FILE', async () => {
  const { folder } = await writeTinyModel(await temporaryFolder());
  await writeFile(join(folder, 'config.json'), '{"model_type": ');
  await expect(openFolderCheckpoint(folder)).rejects.toMatchObject({ code: 'BAD_FILE' });
});

test('the fingerprint notices a changed weight and a changed config, and no new time', async () => {
  const base = await temporaryFolder();
  const { folder } = await writeTinyModel(join(base, 'a'));
  const other = await writeTinyModel(join(base, 'b'), { seed: 2 });
  const wider = await writeTinyModel(join(base, 'c'), { ropeTheta: 20000 });
  const first = await fingerprintOf(folder);
  expect(first).toMatch(/^[0-9a-f]{64}$/);
  await utimes(join(folder, 'model.safetensors'), 1, 1);
  expect(await fingerprintOf(folder)).toBe(first);
  expect(await fingerprintOf(other.folder)).not.toBe(first);
  expect(await fingerprintOf(wider.folder)).not.toBe(first);
});

test('a copy of a folder has the same fingerprint', async () => {
  const base = await temporaryFolder();
  const { folder } = await writeTinyModel(join(base, 'a'), { shards: 2 });
  await cp(folder, join(base, 'copy'), { recursive: true });
  expect(await fingerprintOf(join(base, 'copy'))).toBe(await fingerprintOf(folder));
});
