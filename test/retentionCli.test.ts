// `treekv eval retention` as a person meets it: the built program in a process of its own, on a small random model.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { runProgram } from './support/runProgram.ts';
import { useTemporaryCache } from './support/temporaryCache.ts';
import { writeTinyFolder } from './support/tinyFolder.ts';

const module = join(import.meta.dirname, 'fixtures', 'everyKth.mjs');
const place = useTemporaryCache();
let reading: string[];

beforeAll(async () => {
  const model = await writeTinyFolder(join(place.folder, 'model'));
  const text = join(place.folder, 'story.txt');
  await writeFile(
    text,
    'Each pass halves what a stretch of text has kept, and so on, back to its first word. '.repeat(4),
  );
  reading = ['--text', text, '-m', model, '--dtype', 'fp32'];
});

const retention = (...args: readonly string[]) => runProgram('eval', 'retention', ...args);

it('writes tables, pictures and a trace, which replays to the same tables and pictures', async () => {
  const [stem, trace] = [join(place.folder, 'figure1'), join(place.folder, 'figure1.trace')];
  const size = ['--length', '128', '--budget', '32', '--policies', `h2o,treekv,${module}`];
  const read = await retention(...reading, ...size, '--output', stem, '--trace', trace);
  expect(read.code).toBe(0);
  expect(read.stdout).toContain('| treekv | 32.0 | 0.500 | 0.250 | 0.125 | 0.125 |');
  expect(read.stdout).toContain('Attention loss over 95 queries a text');
  expect(read.stderr).toContain(`wrote ${trace}`);
  const files = ['figure1.svg', 'figure1-time.svg'].map((name) => join(place.folder, name));
  for (const file of files) expect(await readFile(file.replace('.svg', '.png'))).not.toHaveLength(0);

  const again = join(place.folder, 'again');
  const replayed = await retention('--replay', trace, '--output', again);
  expect(replayed.code).toBe(0);
  expect(replayed.stdout).toBe(read.stdout.replace(/Attention loss.*(?=How it was measured)/s, ''));
  for (const file of files) {
    expect(await readFile(file.replace('figure1', 'again'), 'utf8')).toBe(await readFile(file, 'utf8'));
  }
});

it('a replay beside the run that wrote its trace is refused with ways out that lead out', async () => {
  const [stem, trace] = [join(place.folder, 'beside'), join(place.folder, 'beside.trace')];
  const size = ['--length', '40', '--budget', '8'];
  expect((await retention(...reading, ...size, '--output', stem, '--trace', trace)).code).toBe(0);
  const replayTo = (output: string, ...more: readonly string[]) =>
    retention('--replay', trace, '--output', output, ...more);
  expect((await replayTo(stem)).stderr).toMatch(/beside\.json exists.*--resume.*another output/);
  const mixed = await replayTo(stem, '--resume');
  expect(mixed).toMatchObject({ code: 2, stdout: '' });
  expect(mixed.stderr).toMatch(/of another run: protocol\.loss was .* is null.*name another output/);
  const other = join(place.folder, 'other');
  const first = await replayTo(other);
  expect(first.code).toBe(0);
  expect(await replayTo(other, '--resume')).toMatchObject({ code: 0, stdout: first.stdout });
});

it('--trace overwrites no file, and says so before the run', async () => {
  const notes = join(place.folder, 'notes.txt');
  await writeFile(notes, 'mine');
  const refused = await retention('--text', 'no-such-text.txt', '--trace', notes);
  expect(refused).toMatchObject({ code: 2, stdout: '' });
  expect(refused.stderr).toMatch(/notes\.txt exists, .*Name another file \(--trace\)/);
  const resumed = await retention('--text', 'no-such-text.txt', '--trace', notes, '--resume');
  expect(resumed).toMatchObject({ code: 2, stderr: refused.stderr });
  expect(await readFile(notes, 'utf8')).toBe('mine');
});

it('protects nothing and takes the sizes of Figure 1 unless told otherwise', async () => {
  const { code, stdout } = await retention(...reading, '--length', '150', '--no-loss', '--json');
  expect(code).toBe(0);
  const { protocol } = JSON.parse(stdout);
  expect(protocol).toMatchObject({ tokens: 150, ageBin: 128, loss: null, chunk: 1 });
  for (const { cache } of protocol.policies)
    expect(cache).toMatchObject({ budget: 128, sinks: 0, recent: 0 });
  expect(protocol.policies.map(({ name }: { name: string }) => name)).toEqual(['h2o', 'tova', 'treekv']);
});

it('--tree shows the steps of Figure 3', async () => {
  const { code, stdout } = await retention(...reading, '--tree', '--no-loss');
  expect(code).toBe(0);
  expect(stdout).toContain('Steps of treekv, layer 0, KV head 0; tokens are counted from 1');
  expect(stdout).toMatch(/\| 5 \| 1, 2, 3, 4, 5 \| 1 2 \| [12] \|/);
  expect(stdout).toMatch(/\| end \| \d+ \(1-12\), \d+ \(13-14\), \d+ \(15-16\), 17 \|/);
});

it.each([
  ['no text', [], 2, /name files \(--text\) or a trace \(--replay\)/],
  ['a head without a tree', ['--text', 'a', '--head', '1'], 2, /add --tree/],
  [
    'a budget beside a replay',
    ['--replay', 'a.trace', '--budget', '8'],
    2,
    /--budget does not apply to --replay/,
  ],
  ['a loss beside a replay', ['--replay', 'a.trace', '--no-loss'], 2, /--no-loss does not apply to --replay/],
  ['a trace that is not there', ['--replay', 'no.trace'], 1, /no\.trace does not exist/],
])('%s is one clear line', async (_, args, code, message) => {
  const ended = await retention(...args);
  expect(ended).toMatchObject({ code, stdout: '' });
  expect(ended.stderr).toMatch(message);
  expect(ended.stderr).not.toMatch(/^\s+at /m);
});

it('a trace that is cut off ends with 1 and the numbers', async () => {
  const trace = join(place.folder, 'cut.trace');
  const made = await retention(...reading, '--length', '40', '--budget', '8', '--no-loss', '--trace', trace);
  expect(made.code).toBe(0);
  const bytes = await readFile(trace);
  await writeFile(trace, bytes.subarray(0, bytes.length - 10));
  const { code, stderr } = await retention('--replay', trace);
  expect(code).toBe(1);
  expect(stderr).toContain(
    `${trace} is truncated: expected ${bytes.length} bytes, found ${bytes.length - 10}`,
  );
});
