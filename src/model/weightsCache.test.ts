import { utimesSync } from 'node:fs';
import {
  cp,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { temporaryFolder } from '../core/temporaryFolder.testing.ts';
import { writeGgufCopy } from './ggufCopy.testing.ts';
import type { Dtype } from './packed.ts';
import { packModel } from './packModel.ts';
import { type TinyModelOptions, writeTinyModel } from './tinyModel.testing.ts';
import { cacheFolder, preparePacked } from './weightsCache.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

/** A tiny model and an empty cache. */
async function prepare(options?: TinyModelOptions) {
  const base = await temporaryFolder();
  const cache = join(base, 'cache');
  vi.stubEnv('TREEKV_CACHE', cache);
  const { folder } = await writeTinyModel(join(base, 'model'), options);
  return { base, folder, packed: join(cache, 'packed') };
}

/** A packed folder, as the default model is shipped. */
async function shipped(dtype: Dtype) {
  const { base, folder, packed } = await prepare();
  const own = join(base, 'shipped');
  await packModel(folder, dtype, join(own, 'model.safetensors'));
  return { own, packed };
}

const never = () => Promise.reject(new Error('nothing should be written'));

test('TREEKV_CACHE names the cache folder', () => {
  expect(cacheFolder({ TREEKV_CACHE: '/somewhere' }, 'linux')).toBe(resolve('/somewhere'));
});

test.each<[NodeJS.Platform, NodeJS.ProcessEnv, string]>([
  ['linux', { HOME: '/h' }, '/h/.cache/treekv'],
  ['linux', { HOME: '/h', XDG_CACHE_HOME: '/x' }, '/x/treekv'],
  ['linux', { HOME: '/h', TREEKV_CACHE: '' }, '/h/.cache/treekv'],
  ['linux', { HOME: '/h', TREEKV_CACHE: '~/c' }, '/h/c'],
  ['linux', { HOME: '/h', XDG_CACHE_HOME: '~/x' }, '/h/x/treekv'],
  ['linux', { HOME: '/h', XDG_CACHE_HOME: 'x' }, resolve('x', 'treekv')],
  ['darwin', { HOME: '/h', XDG_CACHE_HOME: '/x' }, '/h/Library/Caches/treekv'],
  ['win32', { HOME: '/h', LOCALAPPDATA: '/l' }, '/l/treekv'],
  ['win32', { HOME: '/h' }, '/h/AppData/Local/treekv'],
])('the cache folder on %s with %o is %s', (platform, variables, expected) => {
  expect(cacheFolder(variables, platform)).toBe(join(expected));
});

test('a folder is packed once, as q8 if nobody asks, and then found', async () => {
  const { folder, packed } = await prepare();
  const first = await preparePacked(folder, undefined);
  expect(first.dtype).toBe('q8');
  expect(await readdir(packed)).toEqual([expect.stringMatching(/^[0-9a-f]{24}-q8-v2\.safetensors$/)]);
  const second = await preparePacked(folder, 'q8', { open: never });
  expect(second.file).toBe(first.file);
});

test('a GGUF file is packed once for each weight type, and then found', async () => {
  const { base, folder, packed } = await prepare();
  const file = await writeGgufCopy(join(base, 'model.gguf'), await writeTinyModel(folder), {
    type: () => 'Q4_0',
  });
  const first = await preparePacked(file, undefined);
  expect(first.dtype).toBe('q8');
  expect(first.format('1.o')).toEqual({ kind: 'blocks', bits: 4, block: 32 });
  expect((await preparePacked(file, 'q8', { open: never })).file).toBe(first.file);
  await preparePacked(file, 'fp32');
  expect(await readdir(packed)).toHaveLength(2);
});

test('each weight type has a file of its own', async () => {
  const { folder, packed } = await prepare();
  for (const dtype of ['fp32', 'q8', 'q4'] as const) {
    expect((await preparePacked(folder, dtype)).dtype).toBe(dtype);
  }
  expect(await readdir(packed)).toHaveLength(3);
});

test('a folder whose weights changed is packed anew', async () => {
  const { folder } = await prepare();
  const before = await preparePacked(folder, 'q8');
  await writeTinyModel(folder, { seed: 2 });
  const after = await preparePacked(folder, 'q8');
  expect(after.file).not.toBe(before.file);
});

/** Changes eight bytes in the middle. */
async function damageInside(file: string): Promise<void> {
  const bytes = await readFile(file);
  bytes.fill(0x55, bytes.length >> 1, (bytes.length >> 1) + 8);
  await writeFile(file, bytes);
}

/** Makes the file one of another version. */
async function age(file: string): Promise<void> {
  const text = await readFile(file, 'latin1');
  await writeFile(file, text.replace('"version":"2"', '"version":"1"'), 'latin1');
}

test.each<[string, (file: string) => Promise<void>]>([
  ['half-written', (file) => truncate(file, 40_000)],
  ['empty', (file) => truncate(file, 0)],
  ['overwritten', (file) => writeFile(file, 'no weights')],
  ['damaged in eight bytes', damageInside],
  ['of an older version', age],
])('a cached file that is %s is packed again with a warning', async (_, damage) => {
  const { folder } = await prepare();
  const { file } = await preparePacked(folder, 'q8');
  const sound = await readFile(file);
  await damage(file);
  const onWarning = vi.fn();
  expect((await preparePacked(folder, 'q8', { onWarning })).file).toBe(file);
  expect((await readFile(file)).equals(sound)).toBe(true);
  expect(onWarning.mock.calls).toEqual([[expect.stringMatching(/^The packed weights are made anew: /)]]);
});

test('a cached file of another type or model under the right name is packed again', async () => {
  const { folder } = await prepare();
  const q8 = await preparePacked(folder, 'q8');
  const q4 = await preparePacked(folder, 'q4');
  await rename(q4.file, q8.file);
  expect((await preparePacked(folder, 'q8')).dtype).toBe('q8');
});

test("another model's packed weights under this one's name are packed again with a warning", async () => {
  const { base, folder } = await prepare();
  const other = await writeTinyModel(join(base, 'other'), { seed: 2 });
  const mine = await preparePacked(folder, 'q8');
  const theirs = await preparePacked(other.folder, 'q8');
  await rename(theirs.file, mine.file);
  const onWarning = vi.fn();
  expect((await preparePacked(folder, 'q8', { onWarning })).fingerprint).toBe(mine.fingerprint);
  expect(onWarning.mock.calls).toEqual([[expect.stringContaining('holds other weights than its name says')]]);
});

test('a model that was copied, moved or touched is not packed again', async () => {
  const { base, folder, packed } = await prepare();
  const { file } = await preparePacked(folder, 'q8');
  await cp(folder, join(base, 'copy'), { recursive: true });
  expect((await preparePacked(join(base, 'copy'), 'q8', { open: never })).file).toBe(file);
  await utimes(join(folder, 'model.safetensors'), 5, 5);
  expect((await preparePacked(folder, 'q8', { open: never })).file).toBe(file);
  await rename(folder, join(base, 'moved'));
  expect((await preparePacked(join(base, 'moved'), 'q8', { open: never })).file).toBe(file);
  expect(await readdir(packed)).toHaveLength(1);
});

test('a model that changes while it is packed is BAD_FILE and leaves nothing', async () => {
  const { folder, packed } = await prepare();
  const attempt = preparePacked(folder, 'q8', {
    onProgress: () => utimesSync(join(folder, 'model.safetensors'), 7, 7),
  });
  await expect(attempt).rejects.toMatchObject({
    code: 'BAD_FILE',
    message: expect.stringMatching(/changed while it was read/),
  });
  expect(await readdir(packed)).toEqual([]);
});

test('a packed folder that is damaged, which nothing can make anew, is BAD_FILE with the way out', async () => {
  const { own } = await shipped('q8');
  await damageInside(join(own, 'model.safetensors'));
  await expect(preparePacked(own, undefined)).rejects.toMatchObject({
    code: 'BAD_FILE',
    message: expect.stringMatching(/damaged: .*; copy it again from where it came, or load the model/),
  });
});

test('an abort while weights are checked is no damage', async () => {
  const { folder } = await prepare();
  await preparePacked(folder, 'q8');
  const onWarning = vi.fn();
  const attempt = preparePacked(folder, 'q8', { signal: AbortSignal.abort(), onWarning });
  await expect(attempt).rejects.toMatchObject({ code: 'ABORTED' });
  expect(onWarning).not.toHaveBeenCalled();
});

test('several at once all get the same sound file', async () => {
  const { folder, packed } = await prepare();
  const all = await Promise.all([1, 2, 3, 4].map(() => preparePacked(folder, 'q8')));
  expect(new Set(all.map(({ file }) => file)).size).toBe(1);
  expect(await readdir(packed)).toHaveLength(1);
});

test('an error in writing leaves the cache empty, and the next call packs', async () => {
  const { folder, packed } = await prepare();
  await expect(preparePacked(folder, 'q8', { open: never })).rejects.toMatchObject({ code: 'WRITE_FAILED' });
  expect(await readdir(packed)).toEqual([]);
  expect((await preparePacked(folder, 'q8')).dtype).toBe('q8');
});

const places = ['blocked', 'blocked/below', 'loop', 'n'.repeat(300)];
// /proc takes no children, and says so in a way that sends Node's own mkdir round in a circle
const refusing = process.platform === 'linux' ? ['/proc/treekv', '/dev/full', '/dev/null/a'] : [];

test.each([...places, ...refusing])(
  'a cache that cannot be made at %s is WRITE_FAILED and names TREEKV_CACHE',
  async (place) => {
    const { base, folder } = await prepare();
    await writeFile(join(base, 'blocked'), 'a file where the folder should be');
    await symlink('loop', join(base, 'loop'));
    vi.stubEnv('TREEKV_CACHE', resolve(base, place));
    await expect(preparePacked(folder, 'q8')).rejects.toMatchObject({
      code: 'WRITE_FAILED',
      message: expect.stringContaining('set TREEKV_CACHE'),
    });
  },
);

test('what a killed process left is removed after a day, and no sooner', async () => {
  const { folder, packed } = await prepare();
  await mkdir(packed, { recursive: true });
  const old = join(packed, 'x.safetensors.tmp-1-0123456789ab');
  const young = join(packed, 'x.safetensors.tmp-1-ba9876543210');
  for (const file of [old, young]) await writeFile(file, '');
  await utimes(old, 1, 1);
  await preparePacked(folder, 'q8');
  const left = await readdir(packed);
  expect(left).toHaveLength(2);
  expect(left).toContain('x.safetensors.tmp-1-ba9876543210');
});

test('a packed folder is used as it is, without config.json', async () => {
  const { own, packed } = await shipped('q4');
  const weights = await preparePacked(own, undefined, { open: never });
  expect(weights).toMatchObject({ dtype: 'q4', file: expect.stringMatching(/model\.safetensors$/) });
  await expect(readdir(packed)).rejects.toMatchObject({ code: 'ENOENT' });
});

test('a packed folder asked for another type is BAD_OPTION and says which it holds', async () => {
  const { own } = await shipped('q4');
  await expect(preparePacked(own, 'q8')).rejects.toMatchObject({
    code: 'BAD_OPTION',
    message: expect.stringMatching(/already packed as q4/),
  });
});

test('an unknown weight type is BAD_OPTION', async () => {
  const { folder } = await prepare();
  const dtype = 'int8' as string as Dtype;
  await expect(preparePacked(folder, dtype)).rejects.toMatchObject({ code: 'BAD_OPTION' });
});

test('an absent folder, config and weights are FILE_NOT_FOUND, each in its own words', async () => {
  const { base, folder } = await prepare({ shards: 2 });
  const refused = (path: string, message: RegExp) =>
    expect(preparePacked(path, 'q8')).rejects.toMatchObject({
      code: 'FILE_NOT_FOUND',
      message: expect.stringMatching(message),
    });
  await refused(join(base, 'no'), /model folder .* does not exist; give the folder/);
  await refused(join(folder, 'config.json'), /is not a folder/);
  await rm(join(folder, 'model.safetensors.index.json'));
  await refused(folder, /neither model.safetensors nor an index/);
  await rm(join(folder, 'config.json'));
  await refused(folder, /config.json does not exist/);
});

test('a truncated model is BAD_FILE and nothing is packed', async () => {
  const { folder, packed } = await prepare();
  await truncate(join(folder, 'model.safetensors'), 100_000);
  await expect(preparePacked(folder, 'q8')).rejects.toMatchObject({
    code: 'BAD_FILE',
    message: expect.stringMatching(/truncated: expected \d+ bytes, found 100000/),
  });
  await expect(readdir(packed)).rejects.toMatchObject({ code: 'ENOENT' });
});
