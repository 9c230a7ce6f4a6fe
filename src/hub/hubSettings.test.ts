import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../core/temporaryFolder.testing.ts';
import { readHubSettings } from './hubSettings.ts';

/** Settings where no token file can be found by chance. */
const settings = (variables: NodeJS.ProcessEnv) => readHubSettings({ HOME: '/nowhere', ...variables });

test.each([
  [{}, '/nowhere/.cache/huggingface/hub'],
  [{ XDG_CACHE_HOME: '/x' }, '/x/huggingface/hub'],
  [{ XDG_CACHE_HOME: '/x', HF_HOME: '/h' }, '/h/hub'],
  [{ HF_HOME: '/h', HUGGINGFACE_HUB_CACHE: '/old' }, '/old'],
  [{ HF_HOME: '/h', HUGGINGFACE_HUB_CACHE: '/old', HF_HUB_CACHE: '/new' }, '/new'],
  [{ HF_HOME: '', HF_HUB_CACHE: '' }, '/nowhere/.cache/huggingface/hub'],
  [{ HF_HOME: '~/hf' }, '/nowhere/hf/hub'],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the shell's
  [{ HF_HUB_CACHE: '$DISK/${SUB}/c', DISK: '/d', SUB: 's' }, '/d/s/c'],
])('the cache folder of %o is %s', async (variables, folder) => {
  expect((await settings(variables)).cacheFolder).toBe(folder);
});

test.each([
  ['HF_HUB_CACHE', '$NOT_SET/c', /NOT_SET, which is not set/],
  ['HF_ENDPOINT', 'huggingface.co', /'huggingface\.co' is no address/],
  ['HF_ENDPOINT', 'ftp://hub', /no address/],
  ['HF_ENDPOINT', 'https://me:secret@hub', /no address/],
  ['HF_HUB_OFFLINE', 'maybe', /'maybe' is neither on nor off/],
])('%s=%s is an error that names the variable', async (name, value, message) => {
  const attempt = settings({ [name]: value });
  await expect(attempt).rejects.toMatchObject({ code: 'BAD_OPTION', details: { name } });
  await expect(attempt).rejects.toThrow(message);
});

test('the endpoint is Hugging Face unless HF_ENDPOINT says otherwise, without a slash at its end', async () => {
  expect((await settings({})).endpoint).toBe('https://huggingface.co');
  expect((await settings({ HF_ENDPOINT: 'https://mirror.example/hf//' })).endpoint).toBe(
    'https://mirror.example/hf',
  );
});

test.each([
  [{ HF_HUB_OFFLINE: '1' }, 'HF_HUB_OFFLINE'],
  [{ HF_HUB_OFFLINE: 'yes' }, 'HF_HUB_OFFLINE'],
  [{ HF_HUB_OFFLINE: 'off', TRANSFORMERS_OFFLINE: 'TRUE' }, 'TRANSFORMERS_OFFLINE'],
  [{ HF_HUB_OFFLINE: '0' }, undefined],
])('%o is offline by %s', async (variables, name) => {
  expect((await settings(variables)).offline).toBe(name);
});

test('the token is HF_TOKEN, then its old name, then the file of HF_TOKEN_PATH, then HF_HOME/token', async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'token'), 'in-home\n');
  await writeFile(join(folder, 'other'), ' in-file \n');
  const home = { HF_HOME: folder };
  const file = { ...home, HF_TOKEN_PATH: join(folder, 'other') };
  const old = { ...file, HUGGING_FACE_HUB_TOKEN: 'old' };
  const tokens = [home, file, old, { ...old, HF_TOKEN: 'new' }].map(
    async (all) => (await settings(all)).token,
  );
  expect(await Promise.all(tokens)).toEqual(['in-home', 'in-file', 'old', 'new']);
  expect((await settings({})).token).toBeUndefined();
});

test('a token that is none is an error that does not repeat it', async () => {
  const attempt = settings({ HF_TOKEN: 'two words' });
  await expect(attempt).rejects.toThrow(/^HF_TOKEN: .*copy it again/);
  await expect(attempt).rejects.not.toThrow(/two words/);
});

test('a token file that cannot be read is BAD_FILE', async () => {
  const folder = await temporaryFolder();
  await mkdir(join(folder, 'token'));
  await expect(settings({ HF_HOME: folder })).rejects.toMatchObject({
    code: 'BAD_FILE',
    details: { file: join(folder, 'token'), code: 'EISDIR' },
  });
});
