// The tarball, installed in a project elsewhere, works there: the library, its policies, the program. In the long form
// npm installs it with all that it depends on; in the short one, which needs no network, the dependencies that it
// declares are those of this clone, and no others are in reach.
import { execFile } from 'node:child_process';
import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type PackedPackage, packPackage } from './support/packedPackage.ts';
import { isLong } from './support/rounds.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '..');

let packed: PackedPackage;
let project: string;
let environment: NodeJS.ProcessEnv;

beforeAll(async () => {
  packed = await packPackage();
  project = join(packed.folder, 'project');
  environment = { ...process.env, CI: '1', TREEKV_CACHE: join(packed.folder, 'cache') };
  await mkdir(project);
  await writeFile(join(project, 'package.json'), JSON.stringify({ name: 'project', private: true }));
  await (isLong ? installWithNpm() : installFromClone());
});
afterAll(() => packed.remove());

async function installWithNpm(): Promise<void> {
  const words = ['install', '--no-audit', '--no-fund', packed.tarball];
  const env = { ...environment, ONNXRUNTIME_NODE_INSTALL: 'skip' };
  await run('npm', words, { cwd: project, env, shell: process.platform === 'win32' });
}

async function installFromClone(): Promise<void> {
  const installed = join(project, 'node_modules');
  await cp(packed.unpacked, join(installed, 'treekv'), { recursive: true });
  const { dependencies } = JSON.parse(await readFile(join(packed.unpacked, 'package.json'), 'utf8'));
  for (const name of Object.keys(dependencies)) {
    const link = join(installed, name);
    await mkdir(dirname(link), { recursive: true });
    await symlink(join(root, 'node_modules', name), link, 'junction');
  }
}

/** What a module of the project prints. */
async function printed(source: string): Promise<string> {
  const file = join(project, 'program.mjs');
  await writeFile(file, source);
  return (await run(process.execPath, [file], { cwd: project, env: environment })).stdout;
}

async function program(...words: string[]): Promise<string> {
  const folder = join(project, 'node_modules', 'treekv');
  const { bin } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
  const args = [join(folder, bin.treekv), ...words];
  return (await run(process.execPath, args, { cwd: project, env: environment })).stdout;
}

it('the library loads the model that comes along and writes', async () => {
  const text = await printed(`
    import { load } from 'treekv';
    const model = await load(undefined, { cache: { budget: 64 } });
    process.stdout.write(await model.generate('Once upon a time', { max_new_tokens: 8 }).text());
    await model.dispose();`);
  expect(text.trim().length).toBeGreaterThan(5);
});

it('policies and evaluation can be imported', async () => {
  const names = await printed(`
    import { policyNames } from 'treekv/policies';
    import { evaluatePerplexity } from 'treekv/evaluation';
    process.stdout.write([...policyNames, evaluatePerplexity.name].join());`);
  expect(names).toBe('treekv,full,streaming-llm,h2o,tova,random,evaluatePerplexity');
});

it('no other module of the package can', async () => {
  const code = await printed(`
    const error = await import('treekv/dist/core/index.js').catch((cause) => cause);
    process.stdout.write(String(error.code));`);
  expect(code).toBe('ERR_PACKAGE_PATH_NOT_EXPORTED');
});

it('the program says its version and shows the demo', async () => {
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  expect((await program('--version')).trim()).toBe(version);
  const text = join(project, 'short.txt');
  await writeFile(text, (await readFile(join(root, 'assets', 'sample.txt'), 'utf8')).slice(0, 1500));
  const { readings } = JSON.parse(await program('demo', '--text', text, '--budget', '64', '--json'));
  expect(readings.map(({ policy }: { policy: string }) => policy)).toContain('treekv');
});
