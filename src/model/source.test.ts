import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../core/temporaryFolder.testing.ts';
import { writeGgufCopy } from './ggufCopy.testing.ts';
import { resolveModel } from './resolveModel.ts';
import { modelSource } from './source.ts';
import { writeTinyModel } from './tinyModel.testing.ts';

/** A GGUF file alone in its folder. */
async function write(metadata: Readonly<Record<string, string>> = {}): Promise<string> {
  const folder = await temporaryFolder();
  const tiny = await writeTinyModel(join(folder, 'tiny'));
  await rm(tiny.folder, { recursive: true });
  return writeGgufCopy(join(folder, 'model.gguf'), tiny, { metadata });
}

test('a GGUF file alone gives weights, tokenizer, ends of text and chat template', async () => {
  const file = await write({ 'tokenizer.chat_template': '{{ messages[0].content }}' });
  const source = modelSource(await resolveModel(file));
  expect(source.path).toBe(file);
  const checkpoint = await source.openCheckpoint();
  expect(checkpoint.config).toMatchObject({ architecture: 'llama', layers: 2 });
  await checkpoint.close();
  const tokenizer = await source.openTokenizer();
  expect(tokenizer.bosId).toBe(0);
  expect(tokenizer.decode(tokenizer.encode('The end.'))).toBe('The end.');
  expect((await source.readGenerationDefaults()).eosIds).toEqual([1]);
  expect(await source.readChatTemplate()).toMatchObject({
    file,
    template: '{{ messages[0].content }}',
    tokens: { bos_token: '<bos>', eos_token: '<eos>' },
  });
});

test('a folder is a folder even where its name ends like a file', async () => {
  const { folder, config } = await writeTinyModel(join(await temporaryFolder(), 'x.gguf'));
  const checkpoint = await modelSource(await resolveModel(folder)).openCheckpoint();
  expect(checkpoint.config).toEqual(config);
  await checkpoint.close();
});

test('a GGUF file that is not there is FILE_NOT_FOUND', async () => {
  const file = join(await temporaryFolder(), 'absent.gguf');
  await expect(modelSource(file).openCheckpoint()).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
});
