// The policy that CONTRIBUTING.md writes, docs/everyKth.mjs, in every experiment of `treekv eval` that compares
// policies (longbench: longbenchCli.test.ts): each takes it by its path, without a change anywhere, and its result names it by that path.
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, expect, it } from 'vitest';
import { useTemporaryCache } from './support/temporaryCache.ts';
import { randomText, writeTinyFolder } from './support/tinyFolder.ts';

const root = join(import.meta.dirname, '..');
const program = join(root, 'dist', 'cli', 'main.js');
const policy = join(root, 'docs', 'everyKth.mjs');
const place = useTemporaryCache();

beforeAll(async () => {
  await writeTinyFolder(join(place.folder, 'model'));
  // Sentences, since a hidden one is put between two.
  const sentences = Array.from({ length: 40 }, (_, i) => `${randomText(30, i).replace(/[.!?]/g, 'x')}. `);
  await writeFile(join(place.folder, 'text.txt'), sentences.join(''));
});

const experiments: readonly (readonly [string, readonly string[]])[] = [
  ['perplexity', ['--text', 'text.txt', '--context', '200']],
  ['stream', ['--text', 'text.txt', '--tokens', '400', '--bucket', '100']],
  ['prefill', ['--text', 'text.txt', '--prompt', '200', '--scored', '20', '--modes', 'chunked']],
  ['needle', ['--lengths', '400', '--depths', '0.5', '--samples', '1', '--max-new-tokens', '2']],
  ['retention', ['--text', 'text.txt', '--length', '100']],
  ['ablation', ['--text', 'text.txt', '--limit', '200', '--groups', 'choice']],
];

it.each(experiments)('eval %s takes it by its path', async (name, options) => {
  const words = ['eval', name, '-m', './model', '--dtype', 'fp32', '--budget', '64', ...options, '--json'];
  const { stdout } = await promisify(execFile)(process.execPath, [program, ...words, '--policies', policy], {
    cwd: place.folder,
    maxBuffer: 2 ** 26,
  });
  const result = JSON.parse(stdout) as { complete: boolean; units: unknown[]; protocol: unknown };
  expect(result.complete).toBe(true);
  expect(result.units.length).toBeGreaterThan(0);
  expect(JSON.stringify(result.protocol)).toContain('everyKth.mjs');
});

it('is what CONTRIBUTING.md prints', async () => {
  const [, printed] =
    /```js\n([\s\S]*?) {3}```/.exec(await readFile(join(root, 'CONTRIBUTING.md'), 'utf8')) ?? [];
  const lines = printed.split('\n').map((line) => line.replace(/^ {3}/, ''));
  expect(lines.join('\n')).toBe(await readFile(policy, 'utf8'));
});
