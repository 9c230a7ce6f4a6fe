// What becomes of the program when stdout or stderr takes nothing more: a reader that leaves, a disk that is full.
// Real processes with real redirections; /dev/full is Linux's.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { collect, type Ended, program, startProgram } from './support/runProgram.ts';
import { useTemporaryCache } from './support/temporaryCache.ts';
import { chatTokens, writeTinyChatFolder } from './support/tinyChatFolder.ts';

const place = useTemporaryCache();
let model: string;
let text: string;

beforeAll(async () => {
  model = await writeTinyChatFolder(join(place.folder, 'model'), [chatTokens.end]);
  text = join(place.folder, 'text.txt');
  const sample = await readFile(join(import.meta.dirname, '..', 'assets', 'sample.txt'), 'utf8');
  await writeFile(text, sample.slice(0, 600));
});

/** Starts the program in a shell, with redirections behind its words. */
function redirected(words: readonly string[], how: string, before = ''): ChildProcess {
  const child = spawn('sh', ['-c', `${before} exec "$0" "$@" ${how}`, process.execPath, program, ...words], {
    env: { ...process.env, CI: '1' },
  });
  // A command that reads no stdin may have ended before.
  child.stdin?.on('error', () => undefined).end('/stats\nHello\n/stats\nAgain\n');
  return child;
}

const run = (words: readonly string[], how = '', before = ''): Promise<Ended> =>
  collect(redirected(words, how, before));

const undisturbed = new Map<string, Promise<Ended>>();

/** A command's run with nothing in its way; run once. */
function whole(name: string, words: readonly string[]): Promise<Ended> {
  const known = undisturbed.get(name) ?? run(words);
  undisturbed.set(name, known);
  return known;
}

/** Every command that a test can run without a hub. */
const commands: readonly (readonly [string, () => readonly string[]])[] = [
  ['--help', () => ['--help']],
  ['--version', () => ['--version']],
  ['inspect', () => ['inspect']],
  ['inspect --json', () => ['inspect', '--json']],
  ['generate', () => ['generate', 'Hi', '--max-new-tokens', '4', '--timing']],
  ['generate --json', () => ['generate', 'Hi', '--max-new-tokens', '4', '--json', '--timing']],
  ['chat', () => ['chat', model, '--max-new-tokens', '8']],
  ['demo', () => ['demo', '--text', text]],
  ['demo --json', () => ['demo', '--text', text, '--json']],
  [
    'eval perplexity',
    () => ['eval', 'perplexity', '--text', text, '--policies', 'treekv', '--context', '50'],
  ],
  ['eval stream --json', () => ['eval', 'stream', '--text', text, '--policies', 'treekv', '--json']],
  ['eval show', () => ['eval', 'show', join(import.meta.dirname, '..', 'results', 'figure2-4k.json')]],
];

/** Times differ between two runs; nothing else may. */
const timeless = (words: string): string =>
  words.replace(/[\d,.]+( *(s|tokens\/s|MiB)\b)?/g, '#').replace(/ +/g, ' ');

describe.skipIf(process.platform !== 'linux')('a full disk', () => {
  it.each(commands)('behind stdout is one worded line and exit 1: %s', async (_, words) => {
    const { code, stderr } = await run(words(), '> /dev/full');
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /(^|\n)treekv: stdout could not be written: the disk is full; free space, or write elsewhere\.\n$/,
    );
    expect(stderr.match(/treekv: /g)).toHaveLength(1);
    expect(stderr).not.toMatch(/\n {4}at /);
  });

  it.each(commands)('behind stderr takes nothing from the answer: %s', async (name, words) => {
    const [alone, full] = await Promise.all([whole(name, words()), run(words(), '2> /dev/full')]);
    const isJson = words().includes('--json');
    const line = 'treekv: stderr could not be written: the disk is full; free space, or write elsewhere.\n';
    const lost = alone.stderr !== '';
    expect({ alone: alone.code, full: full.code }).toEqual({ alone: 0, full: lost ? 1 : 0 });
    expect(timeless(full.stdout)).toBe(timeless(lost && !isJson ? alone.stdout + line : alone.stdout));
    if (isJson) expect(JSON.parse(full.stdout)).toBeTypeOf('object');
  });

  it('behind stderr keeps the code of an error, and stdout tells it', async () => {
    const { code, stdout } = await run(['generate', '--bogus'], '2> /dev/full');
    expect(code).toBe(2);
    expect(stdout).toMatch(
      /^treekv: stderr could not be written: .* It would have said: unknown option '--bogus'\n$/,
    );
  });

  it('behind both is exit 1', async () => {
    expect(await run(['inspect'], '> /dev/full 2> /dev/full')).toEqual({ code: 1, stdout: '', stderr: '' });
  });

  it('that takes a part of an answer is noticed', async () => {
    const file = join(place.folder, 'part');
    const { code, stderr } = await run(['eval', '--help'], `> '${file}'`, 'ulimit -f 1;');
    expect(code).toBe(1);
    expect(stderr).toMatch(/^treekv: stdout could not be written: EFBIG/);
  });
});

describe('a reader that leaves', () => {
  it.each(commands)(
    'stderr takes nothing from the answer, nor from the exit code: %s',
    async (name, words) => {
      const alone = await whole(name, words());
      const child = redirected(words(), '');
      child.stderr?.destroy();
      const left = await collect(child);
      expect({ ...left, stdout: timeless(left.stdout) }).toEqual({
        ...{ code: 0, stderr: '' },
        stdout: timeless(alone.stdout),
      });
    },
  );

  it.each(commands)('stdout ends it quietly with 0: %s', async (_, words) => {
    const child = redirected(words(), '');
    child.stdout?.destroy();
    const { code, stderr } = await collect(child);
    expect(code).toBe(0);
    expect(stderr).not.toMatch(/treekv: |\n {4}at /);
  });

  it('both, by one pipe, ends it with 0 at the first note', async () => {
    const child = redirected(['demo'], '2>&1');
    const ended = collect(child);
    await once(child.stdout ?? child, 'data');
    child.stdout?.destroy();
    expect((await ended).code).toBe(0);
  });

  it('stdout does not hide another error', async () => {
    const child = startProgram(['generate', 'Hi', '-m', '/no/such/folder', '--json']);
    child.stdout?.destroy();
    const { code, stderr } = await collect(child);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^treekv: \/no\/such\/folder does not exist/);
  });
});

describe.skipIf(process.platform !== 'linux')('stdin that cannot be read', () => {
  it.each([['generate'], ['chat']])('is an error that says so: %s', async (command) => {
    const { code, stderr } = await run([command, '-m', model], '0> /dev/null');
    expect(code).toBe(1);
    expect(stderr).toMatch(/^treekv: stdin cannot be read \(EBADF\)/);
  });
});
