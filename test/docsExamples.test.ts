// The examples in the docs run as printed.
import { execFile } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { load } from 'treekv';
import { afterAll, beforeAll, expect, it } from 'vitest';

const run = promisify(execFile);
// Inside the package, so that its own name resolves there.
const folder = resolve('build', 'examples');

beforeAll(() => mkdir(folder, { recursive: true }));
afterAll(() => rm(folder, { recursive: true }));

it('runs the library example of the README', async () => {
  const example = await firstExample('README.md');
  expect(example).toContain("from 'treekv'");
  expect(example.trim().split('\n').length).toBeLessThanOrEqual(12);
  const file = resolve(folder, 'readme.mjs');
  await writeFile(file, example);
  const { stdout } = await run(process.execPath, [file]);
  expect(stdout.length).toBeGreaterThan(100);
  expect(stdout).toContain('entriesKept');
});

it('runs the policy of CONTRIBUTING, and it keeps what it says', async () => {
  const file = resolve(folder, 'everyKth.mjs');
  await writeFile(file, await firstExample('CONTRIBUTING.md'));
  const model = await load(undefined, { cache: { policy: file, budget: 64 } });
  try {
    const text = (await readFile('assets/sample.txt', 'utf8')).slice(0, 1500);
    const { entriesVisible, perplexity, tokens } = await model.perplexity(text);
    expect(tokens).toBeGreaterThan(300);
    expect(entriesVisible).toBe(65);
    expect(perplexity).toBeLessThan(100);
  } finally {
    await model.dispose();
  }
});

async function firstExample(file: string): Promise<string> {
  return /```js\n([\s\S]*?)```/.exec(await readFile(file, 'utf8'))?.[1] ?? '';
}
