// Snapshots between processes, and what is refused: other weights, other types, other files, damage.
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { load, type Model, type Session } from 'treekv';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { useTemporaryCache } from './support/temporaryCache.ts';
import { writeTinyFolder } from './support/tinyFolder.ts';

const root = join(import.meta.dirname, '..');
const sampled = { do_sample: true, top_k: 0, max_new_tokens: 30 };
const place = useTemporaryCache();
let folder = '';
let model: Model;
let session: Session;
let snapshot: Uint8Array;

beforeAll(async () => {
  folder = await writeTinyFolder(join(place.folder, 'model'));
  model = await load(folder, { dtype: 'fp32', threads: 1, cache: { budget: 24, sinks: 2, recent: 6 } });
  session = await model.session();
  await session.append('A snapshot is a safetensors file; other programs may look inside.');
  await session.generate({ ...sampled, seed: 3 }).text();
  snapshot = await session.snapshot();
});

afterAll(() => model.dispose());

/** A copy with one byte changed. */
function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const copy = bytes.slice();
  copy[at] ^= 0x55;
  return copy;
}

it('another process goes on from a snapshot exactly as this one', async () => {
  const file = join(place.folder, 'snapshot.safetensors');
  await writeFile(file, snapshot);
  const script = `
    import { readFile } from 'node:fs/promises';
    import { load } from 'treekv';
    const [folder, file, options] = process.argv.slice(1);
    const model = await load(folder, { dtype: 'fp32', threads: 1 });
    const session = await model.session({ snapshot: await readFile(file) });
    process.stdout.write(await session.generate(JSON.parse(options)).text());`;
  const args = ['--input-type=module', '--eval', script, folder, file, JSON.stringify(sampled)];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: root });
  expect(stdout).toBe(await (await session.fork()).generate(sampled).text());
});

it('a snapshot brings its cache options along', async () => {
  const restored = await model.session({ snapshot });
  expect(await restored.statistics()).toEqual(await session.statistics());
});

it('a snapshot of other weights is BAD_SNAPSHOT', async () => {
  const strangers = [
    await load(await writeTinyFolder(join(place.folder, 'other'), { seed: 2 }), { dtype: 'fp32' }),
    await load(folder, { dtype: 'q8' }),
  ];
  for (const stranger of strangers) {
    await expect(stranger.session({ snapshot })).rejects.toMatchObject({
      code: 'BAD_SNAPSHOT',
      message: expect.stringMatching(/other weights; load the model \(and dtype\)/),
    });
    await stranger.dispose();
  }
});

it('a safetensors file of another kind is BAD_SNAPSHOT', async () => {
  const weights = await readFile(join(folder, 'model.safetensors'));
  await expect(model.session({ snapshot: weights })).rejects.toMatchObject({ code: 'BAD_SNAPSHOT' });
});

it.each([0, 7, 100, 9000])('a snapshot cut off at byte %i is BAD_FILE', async (length) => {
  await expect(model.session({ snapshot: snapshot.subarray(0, length) })).rejects.toMatchObject({
    code: 'BAD_FILE',
    message: expect.stringContaining('snapshot'),
  });
});

it('one wrong byte anywhere is refused', async () => {
  for (let i = 0; i < 150; i++) {
    const at = i < 50 ? i * 40 : Math.floor((snapshot.length * (i - 50)) / 100);
    await expect(model.session({ snapshot: flipped(snapshot, at) }), `byte ${at}`).rejects.toMatchObject({
      code: expect.stringMatching(/^BAD_(FILE|SNAPSHOT)$/),
    });
  }
});

it('a wrong number inside says that the snapshot is damaged', async () => {
  const damaged = flipped(snapshot, snapshot.length - 1);
  await expect(model.session({ snapshot: damaged })).rejects.toMatchObject({
    code: 'BAD_FILE',
    message: expect.stringContaining('damaged'),
  });
});

it('other options beside a snapshot are BAD_OPTION', async () => {
  const options = { snapshot, cache: { policy: 'full' } };
  await expect(model.session(options)).rejects.toMatchObject({ code: 'BAD_OPTION' });
});

it('the model stays usable after a refused snapshot', async () => {
  await expect(model.session({ snapshot: new Uint8Array(9) })).rejects.toMatchObject({ code: 'BAD_FILE' });
  expect(await model.generate('Still here.', { ...sampled, seed: 1 }).text()).toHaveLength(30);
});
