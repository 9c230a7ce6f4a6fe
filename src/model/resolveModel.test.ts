import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { temporaryFolder } from '../core/temporaryFolder.testing.ts';
import { startHub } from '../hub/hubFixture.testing.ts';
import { embeddedModel, resolveModel } from './resolveModel.ts';

test('a folder and a .gguf file are what they are', async () => {
  const folder = await temporaryFolder();
  const file = join(folder, 'Model.GGUF');
  await writeFile(file, '');
  expect(await resolveModel(folder)).toBe(folder);
  expect(await resolveModel(file)).toBe(file);
});

test('a folder wins over the embedded model and over a hub', async () => {
  const { hub } = await startHub();
  const here = await temporaryFolder();
  for (const name of [embeddedModel, 'org/tiny']) await mkdir(join(here, name), { recursive: true });
  vi.spyOn(process, 'cwd').mockReturnValue(here);
  try {
    expect(await resolveModel(embeddedModel)).toBe(join(here, embeddedModel));
    expect(await resolveModel('org/tiny')).toBe(join(here, 'org/tiny'));
  } finally {
    vi.restoreAllMocks();
  }
  expect(hub.requests).toEqual([]);
});

test('the embedded model is the one that comes with the package, and the default', async () => {
  expect(await resolveModel()).toMatch(/models[/\\]books-27m-4k$/);
  expect(await resolveModel(embeddedModel)).toBe(await resolveModel());
});

test('the name of a model on a hub is its snapshot, pulled once', async () => {
  const { hub, repository } = await startHub();
  const folder = join(repository, 'snapshots', hub.commit);
  expect(await resolveModel('org/tiny')).toBe(folder);
  expect(await resolveModel('hf:org/tiny@v1')).toBe(folder);
  expect(await resolveModel('org/tiny', { local_files_only: true })).toBe(folder);
  expect(hub.requests.filter(({ at }) => at === 'cdn')).toHaveLength(1);
});

test('what the hub does not have is neither a path nor a model', async () => {
  await startHub();
  const attempt = resolveModel('org/other');
  await expect(attempt).rejects.toMatchObject({ code: 'FILE_NOT_FOUND', details: { model: 'org/other' } });
  await expect(attempt).rejects.toThrow(
    /other does not exist, and as a model of a hub: .* has no model org\/other/,
  );
});

test.each([
  ['./no-model', /no-model does not exist\. Give the folder.*org\/name\/file\.gguf.*'books-27m-4k'/],
  ['no-model', /no-model does not exist\. Give the folder/],
  ['models/llama.gguf', /If it is no file but a model of a hub, write hf:models\/llama\.gguf\./],
  ['hf:one--two/three', /'one--two' has '--'/],
])('%s is FILE_NOT_FOUND that names all ways, and no hub is asked', async (model, message) => {
  const { hub } = await startHub();
  const attempt = resolveModel(model);
  await expect(attempt).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
  await expect(attempt).rejects.toThrow(message);
  expect(hub.requests).toEqual([]);
});

test('a file of another kind is none', async () => {
  const file = join(await temporaryFolder(), 'model.bin');
  await writeFile(file, '');
  await expect(resolveModel(file)).rejects.toThrow(/model\.bin is a file, and not a \.gguf file/);
});

test('a revision of a path is BAD_OPTION', async () => {
  const folder = await temporaryFolder();
  await expect(resolveModel(folder, { revision: 'v1' })).rejects.toMatchObject({ code: 'BAD_OPTION' });
  await expect(resolveModel(embeddedModel, { revision: 'v1' })).rejects.toThrow(
    /'revision' applies to models of a hub/,
  );
});
