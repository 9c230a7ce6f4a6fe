// The README's library example runs as printed.
import { execFile } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const run = promisify(execFile);

it('runs the library example of the README as printed', async () => {
  const readme = await readFile('README.md', 'utf8');
  const example = /```js\n([\s\S]*?)```/.exec(readme)?.[1] ?? '';
  expect(example).toContain("from 'treekv'");
  expect(example.trim().split('\n').length).toBeLessThanOrEqual(12);
  // Inside the package, so that its own name resolves.
  await mkdir('build', { recursive: true });
  await writeFile('build/readme-example.mjs', example);
  try {
    const { stdout } = await run(process.execPath, ['build/readme-example.mjs']);
    expect(stdout.length).toBeGreaterThan(100);
    expect(stdout).toContain('entriesKept');
  } finally {
    await rm('build/readme-example.mjs');
  }
});
