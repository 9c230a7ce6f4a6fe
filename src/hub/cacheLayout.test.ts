import { mkdir, readdir, readFile, readlink, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../core/temporaryFolder.testing.ts';
import { cachedRepository, placeInSnapshot, readRef, sizeOf, writeRef } from './cacheLayout.ts';

const commit = 'c'.repeat(40);

/** A blob and the place in a snapshot, two folders deep, that is to show it. */
async function blobAndPlace(): Promise<{ blob: string; file: string; snapshot: string }> {
  const places = cachedRepository(await temporaryFolder(), 'org/name');
  const blob = places.blob('h');
  await mkdir(join(places.folder, 'blobs'), { recursive: true });
  await writeFile(blob, 'bytes');
  const snapshot = places.snapshot(commit);
  return { blob, snapshot, file: join(snapshot, 'a', 'b', 'file') };
}

test('a repository has the places that huggingface_hub gives it', () => {
  const places = cachedRepository('/c', 'org/name');
  expect(places.blob('h')).toBe('/c/models--org--name/blobs/h');
  expect(places.snapshot(commit)).toBe(`/c/models--org--name/snapshots/${commit}`);
  expect(places.ref('refs/pr/1')).toBe('/c/models--org--name/refs/refs/pr/1');
  expect(places.lock('h')).toBe('/c/.locks/models--org--name/h.treekv.lock');
});

test('a blob is linked into a snapshot by a relative path, and twice is once', async () => {
  const { blob, file } = await blobAndPlace();
  await placeInSnapshot(blob, file);
  await placeInSnapshot(blob, file);
  expect(await readlink(file)).toBe(join('..', '..', '..', '..', 'blobs', 'h'));
  expect(await readdir(join(file, '..'))).toEqual(['file']);
  expect(await readFile(file, 'utf8')).toBe('bytes');
});

test('where links fail, a blob is copied', async () => {
  const { blob, file } = await blobAndPlace();
  await placeInSnapshot(blob, file, () => Promise.reject(Object.assign(new Error('no'), { code: 'EPERM' })));
  await expect(readlink(file)).rejects.toMatchObject({ code: 'EINVAL' });
  expect(await readFile(file, 'utf8')).toBe('bytes');
});

test('a link to a blob that is gone counts as absent and is replaced', async () => {
  const { blob, file } = await blobAndPlace();
  await mkdir(join(file, '..'), { recursive: true });
  await symlink('../nowhere', file);
  expect(await sizeOf(file)).toBeUndefined();
  await placeInSnapshot(blob, file);
  expect(await sizeOf(file)).toBe(5);
});

test('a folder that cannot be made is WRITE_FAILED and names HF_HUB_CACHE', async () => {
  const { blob, snapshot } = await blobAndPlace();
  await mkdir(join(snapshot, '..'), { recursive: true });
  await writeFile(snapshot, 'a file where a folder belongs');
  await expect(placeInSnapshot(blob, join(snapshot, 'file'))).rejects.toMatchObject({
    code: 'WRITE_FAILED',
    message: expect.stringContaining('set HF_HUB_CACHE'),
  });
});

test('a ref is the commit and nothing else, and its folder is made', async () => {
  const places = cachedRepository(await temporaryFolder(), 'org/name');
  await writeRef(places, 'refs/pr/1', commit);
  expect(await readFile(places.ref('refs/pr/1'), 'utf8')).toBe(commit);
  expect(await readRef(places, 'refs/pr/1')).toBe(commit);
  expect(await readdir(join(places.folder, 'refs', 'refs', 'pr'))).toEqual(['1']);
});

test('a commit needs no ref', async () => {
  const places = cachedRepository(await temporaryFolder(), 'org/name');
  await writeRef(places, commit, commit);
  expect(await readRef(places, commit)).toBe(commit);
  expect(await sizeOf(places.ref(commit))).toBeUndefined();
});

test('a ref with a line end is read, one that is absent is not there, one with other text is BAD_FILE', async () => {
  const places = cachedRepository(await temporaryFolder(), 'org/name');
  expect(await readRef(places, 'main')).toBeUndefined();
  await writeRef(places, 'main', commit);
  await writeFile(places.ref('main'), `${commit}\n`);
  expect(await readRef(places, 'main')).toBe(commit);
  await writeFile(places.ref('main'), '../../elsewhere');
  await expect(readRef(places, 'main')).rejects.toMatchObject({ code: 'BAD_FILE' });
});
