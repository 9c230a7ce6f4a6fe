import { createHash } from 'node:crypto';
import {
  mkdir,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { findCached } from './findCached.ts';
import { type HubFixture, quick, startHub, tinyFiles } from './hubFixture.testing.ts';
import { pull } from './pull.ts';
import type { PullProgress } from './pullProgress.ts';

const fetched = [
  'config.json',
  'tokenizer.json',
  'generation_config.json',
  'tokenizer_config.json',
  'model.safetensors',
];
const bytesOf = (path: string): number => Buffer.from(tinyFiles[path]).length;
const total = fetched.reduce((sum, path) => sum + bytesOf(path), 0);
const options = { retry: quick };

/** Pulls, and what was told meanwhile. */
async function pulled(
  id: string,
  own = {},
): Promise<{ told: PullProgress[]; model: Awaited<ReturnType<typeof pull>> }> {
  const told: PullProgress[] = [];
  const model = await pull(id, { ...options, progress_callback: (progress) => told.push(progress), ...own });
  return { told, model };
}

const warnings = (told: readonly PullProgress[]): string[] =>
  told.flatMap((progress) => (progress.status === 'warning' ? [progress.message] : []));

/** From here on every connection to the hub is refused. */
async function unplug({ hub }: HubFixture): Promise<void> {
  await hub.close();
}

describe('a first pull', () => {
  test('puts what a model needs where huggingface_hub looks for it', async () => {
    const { hub, repository } = await startHub();
    const { model } = await pulled('org/tiny');
    const folder = join(repository, 'snapshots', hub.commit);
    expect(model).toEqual({
      ...{ repository: 'org/tiny', revision: 'main', commit: hub.commit, folder, path: folder },
      files: fetched.map((path) => ({ path, bytes: bytesOf(path) })),
      ...{ bytes: total, fetchedBytes: total },
    });
    expect((await readdir(folder)).sort()).toEqual([...fetched].sort());
    for (const path of fetched) {
      expect(await readlink(join(folder, path))).toBe(join('..', '..', 'blobs', hub.hashOf(path)));
      expect(Buffer.from(tinyFiles[path]).equals(await readFile(join(folder, path)))).toBe(true);
    }
    expect(await readFile(join(repository, 'refs', 'main'), 'utf8')).toBe(hub.commit);
    expect((await readdir(join(repository, 'blobs'))).sort()).toEqual(
      fetched.map((path) => hub.hashOf(path)).sort(),
    );
    expect((await readdir(repository)).sort()).toEqual(['blobs', 'refs', 'snapshots']);
  });

  test('names a small file by the hash that git gives it and a large one by SHA-256', async () => {
    const { hub } = await startHub();
    // `git hash-object` of a file with these bytes
    expect(hub.hashOf('tokenizer_config.json')).toBe('9e26dfeeb6e641a33dae4961196235bdb965b21b');
    const sha = createHash('sha256').update(tinyFiles['model.safetensors']).digest('hex');
    expect(hub.hashOf('model.safetensors')).toBe(sha);
  });

  test('tells of every file: begun, downloaded, rising, done', async () => {
    await startHub();
    const { told } = await pulled('org/tiny');
    for (const file of fetched) {
      const own = told.filter((progress) => 'file' in progress && progress.file === file);
      const statuses = own.map(({ status }) => status);
      expect(statuses.slice(0, 2)).toEqual(['initiate', 'download']);
      expect(statuses.at(-1)).toBe('done');
      const shares = own.map((progress) => ('progress' in progress ? progress.progress : Number.NaN));
      expect(shares).toEqual([...shares].sort((a, b) => a - b));
      expect(own.at(-1)).toMatchObject({ progress: 100, loaded: bytesOf(file), total: bytesOf(file) });
    }
  });

  test('of a revision notes what the revision means', async () => {
    const { hub, repository } = await startHub();
    const { model } = await pulled('org/tiny@refs/pr/1');
    expect(model).toMatchObject({ revision: 'refs/pr/1', commit: hub.commit });
    expect(await readFile(join(repository, 'refs', 'refs', 'pr', '1'), 'utf8')).toBe(hub.commit);
    expect((await pulled('org/tiny', { revision: 'v1' })).model.revision).toBe('v1');
  });

  test('fetches the shards that an index names', async () => {
    const shards = ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors'];
    const index = JSON.stringify({ weight_map: { a: shards[0], b: shards[1] } });
    const { 'model.safetensors': _, ...rest } = tinyFiles;
    const files = {
      ...rest,
      'model.safetensors.index.json': index,
      [shards[0]]: 'one',
      [shards[1]]: 'two',
      'other.safetensors': 'x',
    };
    await startHub({ files });
    const { model } = await pulled('org/tiny');
    const paths = model.files.map(({ path }) => path);
    expect(paths).toEqual(expect.arrayContaining([...shards, 'model.safetensors.index.json']));
    expect(paths).not.toContain('other.safetensors');
    expect(await readFile(join(model.folder, shards[1]), 'utf8')).toBe('two');
  });

  test('of an index whose shard the repository lacks fails before the weights', async () => {
    const { 'model.safetensors': _, ...rest } = tinyFiles;
    const index = JSON.stringify({ weight_map: { a: 'model-00001-of-00001.safetensors' } });
    await startHub({ files: { ...rest, 'model.safetensors.index.json': index } });
    await expect(pull('org/tiny', options)).rejects.toThrow(/names model-00001-of-00001\.safetensors, which/);
  });

  test.each([
    ['org/tiny:Q8_0', 'gguf/tiny-Q8_0.gguf'],
    ['org/tiny/tiny-Q4_0.gguf', 'tiny-Q4_0.gguf'],
  ])('of %s fetches that file alone', async (id, path) => {
    await startHub({ files: { 'tiny-Q4_0.gguf': 'four', 'gguf/tiny-Q8_0.gguf': 'eight', 'README.md': '' } });
    const { model } = await pulled(id);
    expect(model.path).toBe(join(model.folder, path));
    expect(model.files.map((file) => file.path)).toEqual([path]);
    expect((await findCached(id)).path).toBe(model.path);
  });

  test('of several .gguf files asks which', async () => {
    await startHub({ files: { 'a.gguf': 'a', 'b.gguf': 'b' } });
    await expect(pull('org/tiny', options)).rejects.toMatchObject({ code: 'BAD_OPTION' });
  });

  test('of a repository without a tokenizer is refused before anything is fetched', async () => {
    const { hub } = await startHub({ files: { 'config.json': '{}', 'model.safetensors': 'w' } });
    const attempt = pull('org/tiny', options);
    await expect(attempt).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      details: { missing: ['tokenizer.json'] },
    });
    expect(hub.requests.filter(({ path }) => path.includes('/resolve/'))).toEqual([]);
  });

  test('works in a cache folder that is a link', async () => {
    const { hub, cache } = await startHub();
    await mkdir(`${cache}-real`, { recursive: true });
    await symlink(`${cache}-real`, cache);
    const { model } = await pulled('org/tiny');
    expect(await readFile(join(model.folder, 'config.json'), 'utf8')).toBe(tinyFiles['config.json']);
    expect(await readdir(join(`${cache}-real`, 'models--org--tiny', 'snapshots'))).toEqual([hub.commit]);
  });

  test('takes an empty file', async () => {
    await startHub({ files: { ...tinyFiles, 'chat_template.jinja': '' } });
    const { model } = await pulled('org/tiny');
    expect(await readFile(join(model.folder, 'chat_template.jinja'), 'utf8')).toBe('');
  });
});

describe('a second pull', () => {
  test('asks for metadata only', async () => {
    const { hub } = await startHub();
    await pull('org/tiny', options);
    hub.requests.length = 0;
    const { told, model } = await pulled('org/tiny');
    expect(hub.requests.every(({ path }) => path.startsWith('/api/models/org/tiny/'))).toBe(true);
    expect(model.fetchedBytes).toBe(0);
    expect(told.map(({ status }) => status)).toEqual(fetched.flatMap(() => ['initiate', 'done']));
  });

  test('of a commit asks for nothing', async () => {
    const { hub } = await startHub();
    await pull('org/tiny', options);
    hub.requests.length = 0;
    expect((await pulled(`org/tiny@${hub.commit}`)).model).toMatchObject({
      commit: hub.commit,
      fetchedBytes: 0,
    });
    expect(hub.requests).toEqual([]);
  });

  test('of a branch that moved fetches what changed and keeps the commit before', async () => {
    const { hub, repository } = await startHub();
    const before = (await pulled('org/tiny')).model;
    hub.publish({ ...tinyFiles, 'config.json': '{"changed":true}' }, 'second');
    const { model } = await pulled('org/tiny');
    expect(model.fetchedBytes).toBe(Buffer.byteLength('{"changed":true}'));
    expect(model.commit).not.toBe(before.commit);
    expect((await readdir(join(repository, 'snapshots'))).sort()).toEqual(
      [before.commit, model.commit].sort(),
    );
    expect(await readFile(join(before.folder, 'config.json'), 'utf8')).toBe(tinyFiles['config.json']);
    expect((await findCached('org/tiny')).commit).toBe(model.commit);
  });

  test('mends a blob that was cut short and a link that is gone', async () => {
    const { hub, repository } = await startHub();
    const { model } = await pulled('org/tiny');
    await truncate(join(repository, 'blobs', hub.hashOf('model.safetensors')), 1000);
    await rm(join(model.folder, 'config.json'));
    expect((await pulled('org/tiny')).model.fetchedBytes).toBe(bytesOf('model.safetensors'));
    const mended = await readFile(join(model.folder, 'model.safetensors'));
    expect(mended.equals(tinyFiles['model.safetensors'] as Uint8Array)).toBe(true);
    expect(await readFile(join(model.folder, 'config.json'), 'utf8')).toBe(tinyFiles['config.json']);
  });
});

describe('without the network', () => {
  test('local_files_only and HF_HUB_OFFLINE open no socket', async () => {
    const { hub } = await startHub();
    const online = await pull('org/tiny', options);
    hub.requests.length = 0;
    vi.stubGlobal('fetch', () => expect.fail('a socket was opened'));
    try {
      const offline = { ...online, fetchedBytes: 0 };
      expect(await pull('org/tiny', { local_files_only: true })).toEqual(offline);
      vi.stubEnv('HF_HUB_OFFLINE', '1');
      expect(await pull('org/tiny')).toEqual(offline);
      const { fetchedBytes, ...found } = offline;
      expect(await findCached('org/tiny', 'main')).toEqual(found);
    } finally {
      vi.unstubAllGlobals();
    }
    expect(hub.requests).toEqual([]);
  });

  test('a commit is found without refs', async () => {
    const fixture = await startHub();
    await pull('org/tiny', options);
    await rm(join(fixture.repository, 'refs'), { recursive: true });
    expect(await findCached(`org/tiny@${fixture.hub.commit}`)).toMatchObject({ commit: fixture.hub.commit });
    await expect(findCached('org/tiny')).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
  });

  test.each([
    [
      'a model that was never pulled',
      () => undefined,
      /lacks revision 'main' of org\/tiny.*treekv pull org\/tiny@main$/,
    ],
    [
      'a snapshot that is gone',
      ({ repository }: HubFixture) => rm(join(repository, 'snapshots'), { recursive: true }),
      /lacks commit [0-9a-f]{40}/,
    ],
    [
      'a blob that is gone',
      ({ repository, hub }: HubFixture) => rm(join(repository, 'blobs', hub.hashOf('tokenizer.json'))),
      /lacks tokenizer\.json of org\/tiny/,
    ],
  ] as const)('%s is FILE_NOT_FOUND that names it and says how to get it', async (what, damage, message) => {
    const fixture = await startHub();
    if (!what.includes('never')) await pull('org/tiny', options);
    await damage(fixture);
    const attempt = pull('org/tiny', { local_files_only: true });
    await expect(attempt).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
    await expect(attempt).rejects.toThrow(message);
  });

  test('a shard that is missing is named', async () => {
    const index = JSON.stringify({ weight_map: { a: 'one.safetensors', b: 'two.safetensors' } });
    const { 'model.safetensors': _, ...rest } = tinyFiles;
    const files = {
      ...rest,
      'model.safetensors.index.json': index,
      'one.safetensors': '1',
      'two.safetensors': '2',
    };
    const { hub, repository } = await startHub({ files });
    await pull('org/tiny', options);
    await rm(join(repository, 'blobs', hub.hashOf('two.safetensors')));
    await expect(findCached('org/tiny')).rejects.toThrow(/lacks two\.safetensors of org\/tiny/);
  });

  test('the offline variable is named as the reason', async () => {
    await startHub();
    vi.stubEnv('TRANSFORMERS_OFFLINE', '1');
    await expect(pull('org/tiny')).rejects.toThrow(/Get it without TRANSFORMERS_OFFLINE: treekv pull/);
  });

  test('a hub out of reach leaves the copy in the cache, with a warning and without a second try', async () => {
    const fixture = await startHub();
    const before = (await pulled('org/tiny')).model;
    await unplug(fixture);
    const { told, model } = await pulled('org/tiny', { retry: { ...quick, firstWaitMs: 1_000_000 } });
    expect(model).toEqual({ ...before, fetchedBytes: 0 });
    expect(warnings(told)).toEqual([
      expect.stringMatching(/could not be reached.*Using the cache's org\/tiny at commit/),
    ]);
  });

  test('a hub that fails does so too; one that refuses does not', async () => {
    const { hub } = await startHub();
    await pull('org/tiny', options);
    hub.fault = (_, response) => {
      response.writeHead(503).end();
      return true;
    };
    expect(warnings((await pulled('org/tiny')).told)).toEqual([expect.stringMatching(/answered 503/)]);
    hub.fault = (_, response) => {
      response.writeHead(404, { 'x-error-code': 'RevisionNotFound' }).end();
      return true;
    };
    await expect(pull('org/tiny', options)).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
  });

  test('a hub out of reach and an empty cache is DOWNLOAD_FAILED after all tries', async () => {
    const fixture = await startHub();
    await unplug(fixture);
    await expect(pull('org/tiny', options)).rejects.toMatchObject({
      code: 'DOWNLOAD_FAILED',
      message: expect.stringMatching(/could not be reached.*\(ECONNREFUSED\)\. Tried 3 times\./),
    });
  });

  test('a cache that another program laid out is read', async () => {
    const { cache } = await startHub();
    const commit = 'd'.repeat(40);
    const repository = join(cache, 'models--other--maker');
    await mkdir(join(repository, 'blobs'), { recursive: true });
    await mkdir(join(repository, 'snapshots', commit), { recursive: true });
    await mkdir(join(repository, 'refs'));
    for (const path of ['config.json', 'tokenizer.json', 'model.safetensors']) {
      await writeFile(join(repository, 'blobs', `hash-of-${path}`), 'x');
      await symlink(`../../blobs/hash-of-${path}`, join(repository, 'snapshots', commit, path));
    }
    await writeFile(join(repository, 'refs', 'main'), commit);
    const found = await findCached('other/maker');
    expect(found).toMatchObject({ commit, bytes: 3, path: join(repository, 'snapshots', commit) });
    await rename(cache, `${cache}-moved`);
    vi.stubEnv('HF_HUB_CACHE', `${cache}-moved`);
    expect((await findCached('other/maker')).files).toEqual(found.files);
  });
});

test('options that are none are refused', async () => {
  await startHub();
  await expect(pull('org/tiny', { revison: 'x' } as object)).rejects.toThrow(/Did you mean 'revision'/);
  await expect(pull('org/tiny', { retry: { attempts: 0 } })).rejects.toThrow(/'retry\.attempts'/);
  await expect(pull('org/tiny@v1', { revision: 'v2' })).rejects.toMatchObject({ code: 'BAD_OPTION' });
});
