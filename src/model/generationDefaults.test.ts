// Which tokens end a text, as model folders say it.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../core/temporaryFolder.testing.ts';
import { readGenerationDefaults } from './generationDefaults.ts';

/** The end-of-text ids of a folder with these files. */
async function eosIds(files: Readonly<Record<string, unknown>>): Promise<readonly number[]> {
  const folder = await temporaryFolder();
  for (const [name, json] of Object.entries(files)) await writeFile(join(folder, name), JSON.stringify(json));
  return (await readGenerationDefaults(folder)).eosIds;
}

test('a single id is a list of one', async () => {
  expect(await eosIds({ 'generation_config.json': { eos_token_id: 7 } })).toEqual([7]);
});

test('id 0 counts', async () => {
  expect(await eosIds({ 'generation_config.json': { eos_token_id: 0 } })).toEqual([0]);
});

test('a list comes through', async () => {
  expect(await eosIds({ 'generation_config.json': { eos_token_id: [7, 9] } })).toEqual([7, 9]);
});

test('generation_config.json comes before config.json', async () => {
  const files = { 'generation_config.json': { eos_token_id: [7, 9] }, 'config.json': { eos_token_id: 1 } };
  expect(await eosIds(files)).toEqual([7, 9]);
});

test.each([{}, { eos_token_id: null }])('config.json stands in for %o', async (generationConfig) => {
  const files = { 'generation_config.json': generationConfig, 'config.json': { eos_token_id: 1 } };
  expect(await eosIds(files)).toEqual([1]);
});

test('config.json alone is enough', async () => {
  expect(await eosIds({ 'config.json': { eos_token_id: [1, 2] } })).toEqual([1, 2]);
});

test('where nothing is said no token ends a text', async () => {
  expect(await eosIds({})).toEqual([]);
  expect(await eosIds({ 'config.json': { eos_token_id: null } })).toEqual([]);
});

test.each([
  ['as text', { 'tokenizer_config.json': { eos_token: '<|im_end|>' } }],
  ['as an object', { 'tokenizer_config.json': { eos_token: { content: '<|im_end|>', special: true } } }],
  ['in special_tokens_map.json', { 'special_tokens_map.json': { eos_token: '<|im_end|>' } }],
])('the end that the tokenizer names comes beside the ids: %s', async (_, files) => {
  const folder = await temporaryFolder();
  const all = { 'config.json': { eos_token_id: 2 }, ...files };
  for (const [name, json] of Object.entries(all)) await writeFile(join(folder, name), JSON.stringify(json));
  expect(await readGenerationDefaults(folder)).toEqual({ eosIds: [2], eosToken: '<|im_end|>' });
});

test.each([
  ['a text', 'stop'],
  ['a fraction', 1.5],
  ['a negative number', -1],
  ['a list with a text', [1, 'stop']],
])('%s for an id is BAD_FILE and names the file', async (_, value) => {
  await expect(eosIds({ 'generation_config.json': { eos_token_id: value } })).rejects.toMatchObject({
    code: 'BAD_FILE',
    message: expect.stringContaining('generation_config.json'),
  });
});

test('a file that is not JSON is BAD_FILE and named', async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'generation_config.json'), '{"eos_token_id": 1');
  await expect(readGenerationDefaults(folder)).rejects.toMatchObject({
    code: 'BAD_FILE',
    message: expect.stringContaining('generation_config.json'),
  });
});
