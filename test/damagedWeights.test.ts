// Packed weights that were damaged in the cache, as a user meets them: one warning, the same text, and files that
// are sound again. `npm run build` comes before (npm test does it).
import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type LoadProgress, load } from 'treekv';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { runProgram } from './support/runProgram.ts';
import { useTemporaryCache } from './support/temporaryCache.ts';
import { writeTinyFolder } from './support/tinyFolder.ts';

const place = useTemporaryCache();
const embedded = join(import.meta.dirname, '..', 'models', 'books-27m-4k');
let model = '';
let packed = '';
let sound: Buffer;

/** Changes eight bytes in the middle of a file. */
async function damage(file: string): Promise<void> {
  const bytes = await readFile(file);
  bytes.fill(0x55, bytes.length >> 1, (bytes.length >> 1) + 8);
  await writeFile(file, bytes);
}

const generate = (of: string) => runProgram('generate', '-m', of, 'It was', '--max-new-tokens', '8');

beforeAll(async () => {
  model = await writeTinyFolder(join(place.folder, 'model'));
  await (await load(model)).dispose();
  const folder = join(place.folder, 'cache', 'packed');
  packed = join(folder, (await readdir(folder))[0]);
  sound = await readFile(packed);
});

describe('packed weights that were damaged', () => {
  beforeEach(() => damage(packed));

  it('are made anew by load, which says so once', async () => {
    const told: LoadProgress[] = [];
    const loaded = await load(model, { progress_callback: (progress) => told.push(progress) });
    await loaded.dispose();
    const warnings = told.filter(({ status }) => status === 'warning');
    expect(warnings).toEqual([
      expect.objectContaining({
        message: expect.stringMatching(/made anew: .* is damaged: its payload hashes/),
      }),
    ]);
    expect((await readFile(packed)).equals(sound)).toBe(true);
  });

  it('are made anew by treekv generate, with the same text and a line on stderr', async () => {
    const mended = await generate(model);
    const after = await generate(model);
    expect(mended).toMatchObject({ code: 0, stdout: after.stdout });
    expect(mended.stderr).toMatch(/^treekv: The packed weights are made anew: .*damaged/m);
    expect(after.stderr).not.toMatch(/anew/);
  });

  it('are made anew by an experiment, with a line on stderr', async () => {
    const text = join(place.folder, 'text.txt');
    await writeFile(text, 'It was a dark and stormy night. '.repeat(4));
    const ended = await runProgram(
      ...['eval', 'perplexity', '-m', model, '--text', text, '--context', '64', '--policies', 'full'],
    );
    expect(ended).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/^treekv: The packed weights are made anew: .*damaged/m),
    });
    expect((await readFile(packed)).equals(sound)).toBe(true);
  });
});

it('a packed model that nothing can make anew is exit 1 and one line with the way out', async () => {
  const copy = join(place.folder, 'copy');
  await cp(embedded, copy, { recursive: true });
  await damage(join(copy, 'model.safetensors'));
  const ended = await generate(copy);
  expect(ended).toMatchObject({ code: 1, stdout: '' });
  expect(ended.stderr).toMatch(/^treekv: .* is damaged: .*; copy it again from where it came, or load .*\n$/);
});
