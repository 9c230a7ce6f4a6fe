// `treekv eval stream` as a person meets it: the built program, killed with SIGKILL while it reads and while it
// saves, with a policy of the user's own, and what it writes.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, expect, it } from 'vitest';
import type { StreamResult } from '../src/evaluation/index.ts';
import { useTemporaryCache } from './support/temporaryCache.ts';
import { randomText, writeTinyFolder } from './support/tinyFolder.ts';

const program = join(import.meta.dirname, '..', 'dist', 'cli', 'main.js');
const everyKth = join(import.meta.dirname, 'fixtures', 'everyKth.mjs');
const policies = ['treekv', 'h2o', everyKth];
const place = useTemporaryCache();
const asked = ['--policies', policies.join(','), '--budget', '24', '--sinks', '2', '--recent', '6'];
let folder: string;
let texts: string;

beforeAll(async () => {
  folder = await writeTinyFolder(join(place.folder, 'model'));
  texts = join(place.folder, 'texts');
  await mkdir(texts);
  await Promise.all([1, 2, 3].map((i) => writeFile(join(texts, `${i}.txt`), randomText(4000, i))));
});

function start(...words: string[]): ChildProcess {
  const fixed = ['eval', 'stream', '-m', folder, '--dtype', 'fp32', '--threads', '1', '--text', texts];
  return spawn(process.execPath, [program, ...fixed, ...asked, ...words], {
    env: { ...process.env, CI: '1' },
  });
}

/** The pictures that a run writes. */
function plotsOf(stem: string): string[] {
  const plots = ['', '-difference', '-memory', '-time'];
  return plots.flatMap((plot) => [`${stem}${plot}.png`, `${stem}${plot}.svg`]);
}

/** All but what the machine spent. */
function numbersOf({ units, summary }: StreamResult): unknown {
  const { policies: means, differences } = summary;
  return { units: units.map(({ measured: _, ...numbers }) => numbers), means, differences };
}

async function ended(child: ChildProcess): Promise<{ code: number | null; stdout: string; stderr: string }> {
  let [stdout, stderr] = ['', ''];
  child.stdout?.on('data', (bytes) => {
    stdout += bytes;
  });
  child.stderr?.on('data', (bytes) => {
    stderr += bytes;
  });
  const [code] = await once(child, 'close');
  return { code, stdout, stderr };
}

/** When a file was last written, or undefined. */
const modified = (file: string) =>
  stat(file).then(
    ({ mtimeMs }) => mtimeMs,
    () => undefined,
  );

it('killed by SIGKILL again and again, it ends with the numbers of a run that nobody disturbed', async () => {
  const words = ['--tokens', '12000', '--chunk', '4', '--bucket', '1000'];
  const output = join(place.folder, 'killed');
  const saving = ['--output', output, '--save-every', '150'];
  const state = `${output}.state.safetensors`;
  const beside = async (stem: string) =>
    (await readdir(place.folder)).filter((name) => name.startsWith(stem));
  const besideState = () => beside('killed.state');
  for (const moment of ['saved', 'saving', 'saved', 'saving']) {
    const before = await modified(state);
    const left = await besideState();
    const reached = async (): Promise<boolean> =>
      moment === 'saved'
        ? (await modified(state)) !== before
        : (await besideState()).some((name) => name.includes('.tmp-') && !left.includes(name));
    const child = start(...words, ...saving, ...(before === undefined ? [] : ['--resume']));
    while (child.exitCode === null && !(await reached())) await sleep(1);
    child.kill('SIGKILL');
    expect((await ended(child)).code).toBeNull();
  }
  const last = await ended(start(...words, ...saving, '--resume', '--json'));
  expect(last.code).toBe(0);
  const undisturbed = await ended(start(...words, '--json'));
  const [result, expected] = [JSON.parse(last.stdout), JSON.parse(undisturbed.stdout)] as StreamResult[];
  expect(numbersOf(result)).toEqual(numbersOf(expected));
  expect(result.protocol).toEqual(expected.protocol);
  expect(result.summary.restarts).toBeGreaterThanOrEqual(2);
  expect(await beside('killed')).toEqual(['killed.json', 'killed.md', ...plotsOf('killed')].sort());
});

it('prints a table and writes it beside the result, with the plots', async () => {
  const output = join(place.folder, 'results', 'stream');
  const words = ['--tokens', '600', '--bucket', '100', '--chunk', '8', '--output', output];
  const { code, stdout } = await ended(start(...words));
  expect(code).toBe(0);
  for (const policy of policies) expect(stdout).toContain(`| ${policy} | 32 | `);
  expect(stdout).toContain(`| treekv less ${everyKth} | `);
  expect((await readdir(join(output, '..'))).sort()).toEqual(
    ['stream.json', 'stream.md', ...plotsOf('stream')].sort(),
  );
  expect(await readFile(`${output}.md`, 'utf8')).toBe(stdout);
});

it.each([
  ['more tokens than there are', ['--tokens', '20000'], 2, /give 12002 tokens to read, and 20000/],
  ['a chunk of none', ['--chunk', '0'], 2, /chunk/],
  ['a text that is absent', ['--text', 'absent.txt'], 1, /absent\.txt/],
])('%s ends with one clear line', async (_, words, status, message) => {
  const { code, stdout, stderr } = await ended(start(...words));
  expect({ code, stdout }).toEqual({ code: status, stdout: '' });
  expect(stderr).toMatch(message);
  expect(stderr).not.toMatch(/^\s+at /m);
});

it.each([['--resume'], ['--save-every', '100']])(
  'refuses %s where there is no result to go on with',
  async (...words) => {
    const { code, stderr } = await ended(start('--tokens', '600', ...words));
    expect({ code, named: stderr.includes('--output') }).toEqual({ code: 2, named: true });
  },
);

it('files of one name are told apart by their paths, and others go by their names', async () => {
  const others = join(place.folder, 'others');
  await mkdir(others);
  const [same, other] = [join(others, '1.txt'), join(others, '4.txt')];
  await Promise.all([same, other].map((file, i) => writeFile(file, randomText(300, 5 + i))));
  const { code, stdout, stderr } = await ended(start('--text', others, '--json'));
  expect(code, stderr).toBe(0);
  const { protocol } = JSON.parse(stdout) as StreamResult;
  expect(protocol.documents.map(({ name }) => name)).toEqual([
    ...[join(texts, '1.txt'), '2.txt', '3.txt', same, '4.txt'],
  ]);
});
