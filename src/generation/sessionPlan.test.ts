// A session's options and those of `load` before it.
import { expect, test } from 'vitest';
import { planSession, presetSession } from './sessionPlan.ts';

test('by default prompts are read in chunks of 64 while TreeKV evicts', async () => {
  const plan = await planSession({}, await presetSession({}));
  expect(plan).toMatchObject({
    ...{ cache: { policy: 'treekv', budget: 1024 }, prefill_chunk_size: 64, prefill: { mode: 'chunked' } },
  });
});

test('the prefill option of load is decided anew for a session’s own cache', async () => {
  const preset = await presetSession({ prefill: { mode: 'full' } });
  expect((await planSession({}, preset)).prefill).toMatchObject({ method: 'treekv', budget: 1024 });
  const cache = { policy: 'h2o', budget: 100 };
  expect((await planSession({ cache }, preset)).prefill).toMatchObject({ method: 'h2o', budget: 100 });
  const prefill = { mode: 'chunked' } as const;
  expect((await planSession({ prefill }, preset)).prefill).toEqual(prefill);
});

test('wrong options of load fail before a model is loaded', async () => {
  await expect(presetSession({ prefill: { mode: 'chunked', block: 4 } })).rejects.toMatchObject({
    code: 'BAD_OPTION',
    details: { option: 'block' },
  });
  for (const prefill_chunk_size of [0, 4097]) {
    await expect(presetSession({ prefill_chunk_size })).rejects.toMatchObject({
      code: 'BAD_OPTION',
      message: expect.stringContaining(`from 1 to 4096, not ${prefill_chunk_size}`),
    });
  }
});

test('chunks of a cache that never fills are refused where both are chosen, not where `load` chose the chunks', async () => {
  const full = { policy: 'full' };
  const refused = { code: 'BAD_OPTION', details: { option: 'prefill_chunk_size', policy: 'full' } };
  await expect(presetSession({ cache: full, prefill_chunk_size: 8 })).rejects.toMatchObject(refused);
  const preset = await presetSession({ prefill_chunk_size: 8 });
  expect(await planSession({ cache: full }, preset)).toMatchObject({ cache: full });
  await expect(planSession({ cache: full, prefill_chunk_size: 8 }, preset)).rejects.toMatchObject(refused);
});
