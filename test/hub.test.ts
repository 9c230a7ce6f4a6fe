// Models from a hub, as the built program and the library get them: processes that pull at once, that are
// killed and go on, and models that are loaded from the cache's links. The hub is a server of this test on
// 127.0.0.1, the cache a temporary folder.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type LoadProgress, load } from 'treekv';
import { describe, expect, it, vi } from 'vitest';
import {
  type HubFixture,
  incompleteWeights,
  ranges,
  startHub,
  tinyFiles,
  weights,
  weightsAreWhole,
  weightsFile,
} from '../src/hub/hubFixture.testing.ts';
import { useTemporaryCache } from './support/temporaryCache.ts';
import { writeTinyFolder } from './support/tinyFolder.ts';

const place = useTemporaryCache();
const program = join(import.meta.dirname, '..', 'dist', 'cli', 'main.js');
const embedded = join(import.meta.dirname, '..', 'models', 'books-27m-4k');

/** The files of a model folder, to be served. */
async function filesOf(folder: string): Promise<Record<string, Uint8Array>> {
  const names = await readdir(folder);
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name))] as const)),
  );
}

let written = 0;

/** A hub with a small model that can be loaded; other weights each time. */
async function startModelHub(): Promise<HubFixture> {
  written++;
  return startHub({ files: await filesOf(await tinyFolder(written)) });
}

function tinyFolder(seed: number): Promise<string> {
  return writeTinyFolder(join(place.folder, `model-${seed}`), { seed });
}

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function start(args: readonly string[]): { child: ChildProcess; ended: Promise<Ended> } {
  const child = spawn(process.execPath, [program, ...args], { env: { ...process.env, CI: '1' } });
  child.stdin?.end();
  const texts = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.on('data', (bytes) => {
      texts[name] += bytes;
    });
  }
  return { child, ended: once(child, 'close').then(([code]) => ({ code, ...texts })) };
}

const treekv = (...args: string[]): Promise<Ended> => start(args).ended;

describe('treekv pull', () => {
  it('prints the path on stdout and what happened on stderr', async () => {
    const { hub, repository } = await startHub();
    const folder = join(repository, 'snapshots', hub.commit);
    const first = await treekv('pull', 'org/tiny');
    expect(first).toMatchObject({ code: 0, stdout: `${folder}\n` });
    expect(first.stderr).toMatch(
      /^downloading config\.json \(22 B\)\n(downloading .*\n)+org\/tiny \(main, commit [0-9a-f]{40}\): 5 files, 293 KiB, 293 KiB downloaded\n$/,
    );
    const second = await treekv('pull', 'org/tiny', '--revision', 'v1');
    expect(second).toMatchObject({ code: 0, stdout: `${folder}\n` });
    expect(second.stderr).toMatch(/^org\/tiny \(v1, commit .*, all there already\n$/);
  });

  it('--json is one document, of files already there too, without the network', async () => {
    const { hub, repository } = await startHub();
    const online = JSON.parse((await treekv('pull', 'org/tiny', '--json')).stdout);
    const folder = join(repository, 'snapshots', hub.commit);
    expect(online).toMatchObject({ folder, path: folder, commit: hub.commit, revision: 'main' });
    expect(online.files).toContainEqual({ path: weightsFile, bytes: weights.length });
    expect(online.fetchedBytes).toBe(online.bytes);
    await hub.close();
    const { code, stdout, stderr } = await treekv('pull', 'org/tiny', '--json', '--local-files-only');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toEqual({ ...online, fetchedBytes: 0 });
    const fallback = await treekv('pull', 'org/tiny', '--json');
    expect(JSON.parse(fallback.stdout)).toEqual({ ...online, fetchedBytes: 0 });
    expect(fallback.stderr).toMatch(/^treekv: .*could not be reached.*Using the cache's org\/tiny at commit/);
  });

  it.each([
    ['a name that is none', ['pull', 'tiny'], 2, /no slash/],
    ['no name', ['pull'], 2, /missing required argument/],
    ['two revisions', ['pull', 'org/tiny@v1', '--revision', 'v2'], 2, /give one/],
    ['no such model', ['pull', 'org/other'], 1, /has no model org\/other/],
    ['no such revision', ['pull', 'org/tiny@v9'], 1, /has no revision 'v9'/],
    ['nothing in the cache', ['pull', 'org/tiny', '--local-files-only'], 1, /treekv pull org\/tiny@main/],
    [
      'a revision of a folder',
      ['inspect', '.', '--revision', 'v1'],
      2,
      /'revision' applies to models of a hub/,
    ],
  ])('%s ends with an exit code and one line', async (_, args, status, message) => {
    await startHub();
    const { code, stdout, stderr } = await treekv(...args);
    expect({ code, stdout }).toEqual({ code: status, stdout: '' });
    expect(stderr).toMatch(/^treekv: /);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  it('a refusal of the hub is in the JSON document', async () => {
    const { hub } = await startHub();
    hub.fault = (_, response) => {
      response.writeHead(403, { 'x-error-code': 'GatedRepo' }).end();
      return true;
    };
    const { code, stdout } = await treekv('pull', 'org/tiny', '--json');
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'NOT_AUTHORISED', details: { status: 403 } } });
  });

  it('by two processes at once fetches each file once', async () => {
    const fixture = await startHub();
    fixture.hub.serving = { pauseMs: 100 };
    const runs = await Promise.all([treekv('pull', 'org/tiny'), treekv('pull', 'org/tiny')]);
    expect(runs.map(({ code }) => code)).toEqual([0, 0]);
    expect(runs[0].stdout).toBe(runs[1].stdout);
    expect(await weightsAreWhole(fixture)).toBe(true);
    expect(fixture.hub.sentFor(weightsFile)).toBe(weights.length);
    expect(await readdir(join(fixture.cache, '.locks', 'models--org--tiny'))).toEqual([]);
    expect((await readdir(join(fixture.repository, 'blobs'))).filter((name) => name.includes('.'))).toEqual(
      [],
    );
  });

  it.each([
    ['killed', 'SIGKILL', null],
    ['interrupted with Ctrl-C', 'SIGINT', 130],
  ] as const)('that is %s goes on where it ended', async (_, signal, status) => {
    const fixture = await startHub();
    fixture.hub.serving = { stallAfter: 200_000 };
    const { child, ended } = start(['pull', 'org/tiny']);
    const arrived = async () => expect((await readFile(incompleteWeights(fixture))).length).toBe(200_000);
    await vi.waitFor(arrived, { timeout: 60_000, interval: 50 });
    child.kill(signal);
    const { code, stdout, stderr } = await ended;
    expect({ code, stdout }).toEqual({ code: status, stdout: '' });
    if (signal === 'SIGINT') expect(stderr).toMatch(/\ntreekv: interrupted\n$/);
    fixture.hub.serving = {};
    fixture.hub.requests.length = 0;
    expect(await treekv('pull', 'org/tiny')).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('downloading model.safetensors (293 KiB, of which 195 KiB are there)'),
    });
    expect(ranges(fixture)).toEqual(['bytes=200000-']);
    expect(fixture.hub.sentFor(weightsFile)).toBe(weights.length - 200_000);
    expect(await weightsAreWhole(fixture)).toBe(true);
  });

  it('of two, of which one is killed, the other finishes', async () => {
    const fixture = await startHub();
    fixture.hub.serving = { stallAfter: 200_000 };
    const first = start(['pull', 'org/tiny']);
    const arrived = async () => expect((await readFile(incompleteWeights(fixture))).length).toBe(200_000);
    await vi.waitFor(arrived, { timeout: 60_000, interval: 50 });
    const second = start(['pull', 'org/tiny']);
    await once(second.child.stderr ?? second.child, 'data');
    fixture.hub.serving = {};
    first.child.kill('SIGKILL');
    const { code, stderr } = await second.ended;
    expect(code).toBe(0);
    expect(stderr).toMatch(
      `model.safetensors is being downloaded by process ${first.child.pid}; waiting for it.`,
    );
    expect(ranges(fixture)).toEqual([undefined, 'bytes=200000-']);
    expect(await weightsAreWhole(fixture)).toBe(true);
  });
});

describe('a model on a hub', () => {
  it('is downloaded, packed and loaded; the second time it is at hand', async () => {
    const { hub, repository } = await startModelHub();
    const told: LoadProgress[] = [];
    const first = await load('org/tiny', {
      threads: 1,
      progress_callback: (progress) => told.push(progress),
    });
    const text = await first.generate('It was', { max_new_tokens: 8 }).text();
    await first.dispose();
    expect(first.path).toBe(join(repository, 'snapshots', hub.commit));
    expect(new Set(told.map(({ name }) => name))).toEqual(new Set(['org/tiny']));
    const files = ['config.json', 'tokenizer.json', 'generation_config.json', weightsFile];
    expect([...new Set(told.map(({ file }) => file))]).toEqual([...files, 'packed weights']);
    expect(told.find(({ file, status }) => file === weightsFile && status === 'done')).toMatchObject({
      progress: 100,
    });
    expect(told.at(-1)).toMatchObject({ status: 'ready', progress: 100 });
    await hub.close();
    told.length = 0;
    const second = await load('org/tiny', {
      threads: 1,
      local_files_only: true,
      progress_callback: (progress) => told.push(progress),
    });
    expect(await second.generate('It was', { max_new_tokens: 8 }).text()).toBe(text);
    await second.dispose();
    // neither downloaded nor packed again
    expect(told.map(({ status }) => status)).toEqual(['initiate', 'done', 'ready']);
  });

  it('is packed anew when its branch has other weights', async () => {
    const { hub } = await startModelHub();
    const first = await load('org/tiny', { threads: 1 });
    await first.dispose();
    hub.publish(await filesOf(await tinyFolder(1000 + written)), 'second');
    const second = await load('org/tiny', { threads: 1 });
    await second.dispose();
    expect(second.fingerprint).not.toBe(first.fingerprint);
  });

  it('that is packed already is run from the blob behind the link', async () => {
    await startHub({ repository: 'org/books', files: await filesOf(embedded) });
    const options = { max_new_tokens: 8 };
    const [here, there] = [await load(), await load('org/books')];
    expect(there.fingerprint).toBe(here.fingerprint);
    const prompt = 'It was a dark night, and';
    expect(await there.generate(prompt, options).text()).toBe(await here.generate(prompt, options).text());
    await Promise.all([here.dispose(), there.dispose()]);
  });

  it('that cannot be had is an error of load, and an abort ends the download', async () => {
    const { hub } = await startModelHub();
    await expect(load('org/tiny', { revision: 'v9' })).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
    await expect(load('org/tiny', { local_files_only: true })).rejects.toThrow(/treekv pull org\/tiny@main/);
    hub.serving = { stallAfter: 20_000 };
    const controller = new AbortController();
    const progress_callback = ({ file, status }: LoadProgress): void => {
      if (file === weightsFile && status === 'progress') controller.abort();
    };
    const attempt = load('org/tiny', { signal: controller.signal, progress_callback });
    await expect(attempt).rejects.toMatchObject({ code: 'ABORTED' });
  });

  it('is what generate, eval and inspect take for a model', async () => {
    const { hub } = await startModelHub();
    const generated = await treekv('generate', '-m', 'org/tiny', 'It was', '--max-new-tokens', '4', '--json');
    expect(generated.code).toBe(0);
    expect(JSON.parse(generated.stdout).statistics.completion_tokens).toBeGreaterThan(0);
    await hub.close();
    const text = join(import.meta.dirname, '..', 'assets', 'sample.txt');
    const perplexity = ['--context', '64', '--policies', 'treekv', '--budget', '32', '--json'];
    const [inspected, evaluated] = await Promise.all([
      treekv('inspect', 'org/tiny', '--local-files-only', '--json'),
      treekv('eval', 'perplexity', '-m', 'org/tiny', '--local-files-only', '--text', text, ...perplexity),
    ]);
    expect(JSON.parse(inspected.stdout)).toMatchObject({ name: 'org/tiny', packed: false });
    expect([inspected.code, evaluated.code]).toEqual([0, 0]);
  });
});

it('the tiny repository of the tests is no model: its config is refused by name', async () => {
  await startHub({ files: tinyFiles });
  await expect(load('org/tiny')).rejects.toMatchObject({
    details: { file: expect.stringContaining('snapshots') },
  });
});
