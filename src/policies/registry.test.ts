import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { isModuleSpecifier } from './policyModule.ts';
import { findPolicy, planCache, policies, policyNames } from './registry.ts';

let folder: string;
const oldest = `
  export const policy = {
    name: 'oldest',
    summary: 'Drops the oldest.',
    plan: ({ budget = 8 }) => ({ policy: 'oldest', variant: 'paper', budget, sinks: 0, recent: budget - 1,
      selected: 1, positions: 'by-place' }),
    create: () => ({}),
  };
`;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'treekv-policy-'));
  await writeFile(join(folder, 'oldest.mjs'), oldest);
  await writeFile(join(folder, 'other.mjs'), 'export const other = 1;');
  await writeFile(join(folder, 'broken.mjs'), 'export const policy = ;');
  await writeFile(join(folder, 'endless.mjs'), 'await new Promise(() => {});');
});
afterEach(() => {
  vi.useRealTimers();
});
afterAll(() => rm(folder, { recursive: true }));

test('every name finds the policy that bears it', async () => {
  expect(policyNames).toEqual(['treekv', 'full', 'streaming-llm', 'h2o', 'tova', 'random']);
  for (const name of policyNames) expect(await findPolicy(name)).toBe(policies.get(name));
  for (const [name, policy] of policies) expect(policy.name).toBe(name);
});

test('an unknown name is refused with the nearest one', async () => {
  await expect(findPolicy('treevk')).rejects.toMatchObject({
    code: 'BAD_OPTION',
    message: expect.stringContaining("Unknown policy 'treevk'. Did you mean 'treekv'?"),
  });
});

test('paths, file URLs and names with a module ending are modules; the rest are not', () => {
  const modules = ['./a', '../a', '/a', 'file:///a.mjs', 'a.js', 'a.mjs', 'lib/a.js'];
  expect(modules.filter((name) => !isModuleSpecifier(name))).toEqual([]);
  expect(['treekv', 'my-policy', '.hidden', 'a.json', 'a.cjs'].filter(isModuleSpecifier)).toEqual([]);
});

test('a module is planned under its absolute file URL, by which it is found again', async () => {
  const path = join(folder, 'oldest.mjs');
  const { href } = pathToFileURL(path);
  for (const policy of [path, href, `./${relative(process.cwd(), path)}`]) {
    const plan = await planCache({ policy, budget: 5 });
    expect(plan).toMatchObject({ policy: href, budget: 5 });
    expect((await findPolicy(plan.policy)).name).toBe('oldest');
  }
});

test('a module that is absent, broken or exports no policy is refused', async () => {
  await expect(findPolicy(join(folder, 'absent.mjs'))).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
  await expect(findPolicy(join(folder, 'broken.mjs'))).rejects.toMatchObject({ code: 'BAD_OPTION' });
  await expect(findPolicy(join(folder, 'other.mjs'))).rejects.toMatchObject({
    code: 'BAD_OPTION',
    message: expect.stringContaining('it exports: other.'),
  });
});

test('a file URL that names no file here is refused', async () => {
  await expect(findPolicy('file://elsewhere/mine.mjs')).rejects.toMatchObject({
    code: 'BAD_OPTION',
    message: expect.stringContaining("'file://elsewhere/mine.mjs' is no file URL"),
  });
});

test('a module that never finishes loading is refused and does not keep the caller waiting for ever', async () => {
  vi.useFakeTimers();
  const refused = expect(findPolicy(join(folder, 'endless.mjs'))).rejects.toMatchObject({
    code: 'BAD_OPTION',
    message: expect.stringContaining('it was not loaded after 30 seconds'),
  });
  await vi.advanceTimersByTimeAsync(30_000);
  await refused;
});
