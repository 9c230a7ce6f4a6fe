// A policy module that decides wrongly, from outside: the program and the library blame the module, and nothing is
// written from a cache that it has spoilt. Each single check is src/policies/guardPolicy.test.ts's.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { load, type Model } from 'treekv';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runProgram } from './support/runProgram.ts';
import { useTemporaryCache } from './support/temporaryCache.ts';
import { writeTinyFolder } from './support/tinyFolder.ts';

const place = useTemporaryCache();
const prompt = 'The keeper climbed the stairs of the lighthouse, counting them as he had every night.';
let folder = '';
let model: Model;

/** Writes a module whose `step` does this, of a budget of 16 with two sinks and two recent entries. */
async function moduleOf(name: string, step: string): Promise<string> {
  const file = join(place.folder, `${name}.mjs`);
  await writeFile(
    file,
    `export const policy = {
      name: '${name}', summary: 'Wrong.',
      plan: ({ policy }) => ({ policy, variant: 'paper', positions: 'by-place',
        budget: 16, sinks: 2, recent: 2, selected: 12 }),
      create: (_plan, { layer }) => ({ asks: 'none', budget: 16, state: () => ({}), restore() {},
        step({ heads }, evicted) { ${step} } }),
    };`,
  );
  return file;
}

beforeAll(async () => {
  folder = await writeTinyFolder(join(place.folder, 'model'));
  model = await load(folder, { dtype: 'fp32', threads: 1 });
});

afterAll(() => model.dispose());

it('generate ends with 1 and the module, layer, head and rank, and writes no text', async () => {
  const policy = await moduleOf('sinks', 'evicted.fill(0);');
  const words = ['generate', prompt, '-m', folder, '--dtype', 'fp32', '--policy', policy];
  const { code, stdout, stderr } = await runProgram(...words);
  expect(code).toBe(1);
  expect(stdout.trim()).toBe('');
  expect(stderr).toMatch(
    /policy module .*sinks\.mjs \(policy 'sinks'\) let rank 0 leave, one of the 2 sinks.*layer 0, head 0/,
  );
  expect(stderr).not.toContain('defect');
});

it('an exception of the module is not called a defect of treekv', async () => {
  const policy = await moduleOf('throws', 'if (evicted.length > 0) throw new Error("no idea");');
  const words = ['generate', prompt, '-m', folder, '--dtype', 'fp32', '--policy', policy];
  const { code, stderr } = await runProgram(...words);
  expect(code).toBe(1);
  expect(stderr).toMatch(/throws\.mjs \(policy 'throws'\) failed in step\(\): Error: no idea/);
  expect(stderr).not.toContain('defect');
});

it('a session whose policy failed in one layer gives the same error for good, and others go on', async () => {
  const policy = await moduleOf(
    'later',
    'if (evicted.length > 0 && layer === 1) throw new Error("too deep"); for (let i = 0; i < evicted.length; i++) evicted[i] = 2 + (i % (evicted.length / heads));',
  );
  const other = await model.session();
  await other.append(prompt);
  const session = await model.session({ cache: { policy } });
  const failed = { code: 'BAD_POLICY', details: { layer: 1 } };
  const error = await session.append(prompt).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ ...failed, cause: { name: 'Error', message: 'too deep' } });
  // where the module threw, though that was in another thread
  expect((error as Error & { cause: Error }).cause.stack).toContain('later.mjs');
  await expect(session.append('more')).rejects.toMatchObject(failed);
  await expect(session.generate({ max_new_tokens: 3 }).text()).rejects.toMatchObject(failed);
  await expect(session.snapshot()).rejects.toMatchObject(failed);
  await expect(session.fork()).rejects.toMatchObject(failed);
  await session.dispose();
  expect((await other.generate({ max_new_tokens: 3 }).text()).length).toBeGreaterThan(0);
  await other.dispose();
});

it('the module’s own error and its stack come along as the cause', async () => {
  const policy = await moduleOf('causes', 'if (evicted.length > 0) throw new RangeError("no idea");');
  const session = await model.session({ cache: { policy } });
  const error = await session.append(prompt).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({
    code: 'BAD_POLICY',
    details: { layer: 0, policy: 'causes' },
    cause: { name: 'RangeError', message: 'no idea', stack: expect.stringContaining('causes.mjs') },
  });
  await session.dispose();
});

it('an error of treekv with details that cannot cross threads crosses, and the model lives on', async () => {
  const file = join(place.folder, 'details.mjs');
  const library = new URL('../dist/index.js', import.meta.url).href;
  await writeFile(
    file,
    `import { TreekvError } from '${library}';
    export const policy = {
      name: 'details', summary: 'Wrong.',
      plan: ({ policy }) => ({ policy, variant: 'paper', positions: 'by-place',
        budget: 16, sinks: 2, recent: 2, selected: 12 }),
      create() { throw new TreekvError('BAD_OPTION', 'mine: do so', { own: () => 1, count: 3 }); },
    };`,
  );
  await expect(model.session({ cache: { policy: file } })).rejects.toMatchObject({
    code: 'BAD_OPTION',
    message: 'mine: do so',
    details: { own: 'a function', count: '3' },
  });
  const session = await model.session();
  await session.append(prompt);
  await session.dispose();
});
