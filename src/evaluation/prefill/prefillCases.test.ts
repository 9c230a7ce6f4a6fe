// Which prefills are compared: both modes where a name has both, and what has none is refused.
import { expect, test } from 'vitest';
import { planPrefillCases } from './prefillCases.ts';

const names = async (options: Parameters<typeof planPrefillCases>[0]): Promise<string[]> =>
  (await planPrefillCases(options)).map(({ name }) => name);

test('a policy has both modes, a method that is no policy only full, and full is run once', async () => {
  expect(await names({ policies: ['full', 'treekv', 'snapkv'], budgets: [64, 128] })).toEqual([
    'full full all',
    'full treekv 64',
    'chunked treekv 64',
    'full treekv 128',
    'chunked treekv 128',
    'full snapkv 64',
    'full snapkv 128',
  ]);
});

test('blocks are compared where a method goes by blocks', async () => {
  const options = { policies: ['treekv', 'h2o'], budgets: [64], modes: ['full'] as const, blocks: [1, 4] };
  expect(await names(options)).toEqual(['full treekv 64 b=1', 'full treekv 64 b=4', 'full h2o 64']);
});

test('a name without a form in the modes asked for is BAD_OPTION', async () => {
  await expect(names({ policies: ['snapkv'], budgets: [64], modes: ['chunked'] })).rejects.toMatchObject({
    code: 'BAD_OPTION',
    message: expect.stringContaining('snapkv'),
  });
});

test.each([
  ['a policy', { policies: ['treekv', 'treekv'] }, 'full treekv 64'],
  ['a budget', { budgets: [64, 64] }, 'full treekv 64'],
  ['a mode', { modes: ['full', 'full'] as const }, 'full treekv 64'],
  ['a block size', { modes: ['full'] as const, blocks: [4, 2, 4] }, 'full treekv 64 b=4'],
])('%s that is named twice is BAD_OPTION and names the case', async (_, twice, name) => {
  await expect(names({ policies: ['treekv'], budgets: [64], ...twice })).rejects.toMatchObject({
    code: 'BAD_OPTION',
    message: expect.stringContaining(`'${name}'`),
  });
});

test.each([
  ['no policy goes by blocks', { policies: ['h2o', 'snapkv'] }],
  ['everything is read in chunks', { modes: ['chunked'] as const }],
])('block sizes where %s are BAD_OPTION', async (_, without) => {
  const options = { policies: ['treekv'], budgets: [64], blocks: [4], ...without };
  await expect(names(options)).rejects.toMatchObject({
    code: 'BAD_OPTION',
    message: expect.stringContaining('--blocks'),
  });
});
