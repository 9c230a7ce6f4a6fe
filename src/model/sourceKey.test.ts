import { createHash } from 'node:crypto';
import {
  appendFile,
  cp,
  mkdir,
  readdir,
  readFile,
  rename,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../core/temporaryFolder.testing.ts';
import { openFolderCheckpoint } from './folderCheckpoint.ts';
import { hashSource, sourceKeyOf } from './sourceKey.ts';
import { type TinyModelOptions, writeTinyModel } from './tinyModel.testing.ts';

const hour = 3_600_000;

async function prepare(options?: TinyModelOptions) {
  const base = await temporaryFolder();
  const { folder } = await writeTinyModel(join(base, 'model'), options);
  const keys = join(base, 'keys');
  const hashed: string[] = [];
  /** The key as a process finds it an hour from now, when nothing is fresh. */
  const keyOf = async (path = folder, now = Date.now() + hour): Promise<string> => {
    const checkpoint = await openFolderCheckpoint(path);
    try {
      const hash = (file: string): Promise<string> => {
        hashed.push(file);
        return hashSource(file);
      };
      return (await sourceKeyOf(checkpoint, keys, { hash, now })).key;
    } finally {
      await checkpoint.close();
    }
  };
  return { base, folder, keys, hashed, keyOf, weights: join(folder, 'model.safetensors') };
}

/** Changes one byte between the samples of a fingerprint, and puts the time back. */
async function changeOneByte(file: string): Promise<void> {
  const bytes = await readFile(file);
  bytes[bytes.length - 1] ^= 1;
  await writeFile(file, bytes);
  await utimes(file, 1, 1);
}

test('a model is hashed once', async () => {
  const { hashed, keyOf } = await prepare({ shards: 2 });
  const first = await keyOf();
  expect(hashed).toHaveLength(2);
  expect(await keyOf()).toBe(first);
  expect(hashed).toHaveLength(2);
});

test('a model that was copied, moved, linked or touched has the same key', async () => {
  const { base, folder, keyOf, weights } = await prepare();
  const first = await keyOf();
  await cp(folder, join(base, 'copy'), { recursive: true });
  expect(await keyOf(join(base, 'copy'))).toBe(first);
  await symlink(folder, join(base, 'link'));
  expect(await keyOf(join(base, 'link'))).toBe(first);
  await utimes(weights, 5, 5);
  expect(await keyOf()).toBe(first);
  await rename(folder, join(base, 'moved'));
  expect(await keyOf(join(base, 'moved'))).toBe(first);
});

test('one byte changed gives another key, also where size and time of writing stay', async () => {
  const { keyOf, weights } = await prepare();
  await utimes(weights, 1, 1);
  const first = await keyOf();
  await changeOneByte(weights);
  expect(await keyOf()).not.toBe(first);
});

test('a file that was written a moment ago is not remembered', async () => {
  const { keys, keyOf } = await prepare();
  await keyOf(undefined, Date.now());
  await expect(readdir(keys)).rejects.toMatchObject({ code: 'ENOENT' });
});

test.each<[string, (text: string) => string]>([
  ['is empty', () => ''],
  ['is cut', (text) => text.slice(0, 100)],
  ['is no JSON', () => 'hash'],
  [
    'has another digit in its hash',
    (text) => text.replace(/"hash":"(.)/, (_, d) => `"hash":"${d === '0' ? 1 : 0}`),
  ],
  ['is of another version', (text) => text.replace('"version":1', '"version":0')],
])('what is remembered and %s is not believed', async (_, damage) => {
  const { keys, keyOf, hashed } = await prepare();
  const first = await keyOf();
  const [name] = await readdir(keys);
  const text = await readFile(join(keys, name), 'utf8');
  await writeFile(join(keys, name), damage(text));
  expect(await keyOf()).toBe(first);
  expect(hashed).toHaveLength(2);
  // and is mended
  expect(await readFile(join(keys, name), 'utf8')).toBe(text);
});

test("another model's memory in the place of this one's is not believed", async () => {
  const { base, keys, keyOf } = await prepare();
  const other = await writeTinyModel(join(base, 'other'), { seed: 2 });
  const first = await keyOf();
  const [name] = await readdir(keys);
  const second = await keyOf(other.folder);
  const [otherName] = (await readdir(keys)).filter((found) => found !== name);
  await rename(join(keys, otherName), join(keys, name));
  expect(await keyOf()).toBe(first);
  expect(second).not.toBe(first);
});

test('a folder of keys that cannot be made costs the hash again and nothing else', async () => {
  const { keys, keyOf, hashed } = await prepare();
  await writeFile(keys, 'a file where the folder should be');
  expect(await keyOf()).toBe(await keyOf());
  expect(hashed).toHaveLength(2);
});

test('a model that is written while it is hashed, or later, is BAD_FILE', async () => {
  const { folder, keys, weights } = await prepare();
  const checkpoint = await openFolderCheckpoint(folder);
  const { requireUnchanged } = await sourceKeyOf(checkpoint, keys);
  await requireUnchanged();
  await appendFile(weights, 'x');
  await expect(requireUnchanged()).rejects.toMatchObject({ code: 'BAD_FILE', details: { file: weights } });
  const hash = async (): Promise<string> => {
    await appendFile(weights, 'x');
    return '0';
  };
  await expect(sourceKeyOf(checkpoint, keys, { hash })).rejects.toThrow(/changed while it was read/);
  await checkpoint.close();
});

test("a blob of the hub's cache whose bytes are not those of its name is BAD_FILE", async () => {
  const folder = join(await temporaryFolder(), 'blobs');
  const content = Buffer.from('weights');
  const sound = join(folder, createHash('sha256').update(content).digest('hex'));
  const damaged = join(folder, createHash('sha256').update('others').digest('hex'));
  await mkdir(folder);
  for (const file of [sound, damaged]) await writeFile(file, content);
  expect(await hashSource(sound)).toMatch(/^[0-9a-f]{16}$/);
  await expect(hashSource(damaged)).rejects.toMatchObject({
    code: 'BAD_FILE',
    message: expect.stringContaining('delete it and pull the model again'),
  });
});
