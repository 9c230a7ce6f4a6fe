import { copyFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../core/temporaryFolder.testing.ts';
import { describeModel } from './describeModel.ts';
import { writeGgufCopy } from './ggufCopy.testing.ts';
import { packModel } from './packModel.ts';
import { writeTinyModel } from './tinyModel.testing.ts';

test.each([true, false])('a folder in shards is counted whole (tied: %s)', async (tied) => {
  const { folder, config, weights } = await writeTinyModel(await temporaryFolder(), {
    dtype: 'BF16',
    shards: 2,
    tied,
  });
  const facts = await describeModel(folder);
  const parameters = [...weights.values()].reduce((sum, { values }) => sum + values.length, 0);
  expect(facts).toMatchObject({ path: folder, config, parameters, held: ['BF16'], packed: false });
  expect(facts.files).toHaveLength(2);
  expect(facts.fileBytes).toBeGreaterThan(2 * parameters);
});

test('a packed folder says its weight type', async () => {
  const { folder, config } = await writeTinyModel(await temporaryFolder());
  const packed = await temporaryFolder();
  await packModel(folder, 'q8', join(packed, 'model.safetensors'));
  await copyFile(join(folder, 'config.json'), join(packed, 'config.json'));
  expect(await describeModel(packed)).toMatchObject({
    config,
    held: ['q8'],
    packed: true,
    files: ['model.safetensors'],
  });
});

test('a GGUF file says the types that it holds', async () => {
  const folder = await temporaryFolder();
  const model = await writeTinyModel(folder, { tied: false });
  const file = await writeGgufCopy(join(folder, 'model.gguf'), model, {
    type: (name) => (name === 'lm_head.weight' ? 'Q8_0' : 'Q4_0'),
  });
  const parameters = [...model.weights.values()].reduce((sum, { values }) => sum + values.length, 0);
  expect(await describeModel(file)).toMatchObject({
    ...{ name: 'model.gguf', path: file, parameters, packed: false, files: ['model.gguf'] },
    ...{ held: ['F32', 'Q4_0', 'Q8_0'], fileBytes: (await stat(file)).size },
  });
});

test('a folder that is not there is refused', async () => {
  const folder = join(await temporaryFolder(), 'none');
  await expect(describeModel(folder)).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
});
