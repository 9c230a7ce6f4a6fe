// The package as others install it: its pages link what comes along, everything public has words to hover over, and
// its types compile where others compile them.
import { execFile } from 'node:child_process';
import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { undocumented } from './support/hoverText.ts';
import { brokenLinks, linksOf, type Pages } from './support/markdownLinks.ts';
import { type PackedPackage, packPackage } from './support/packedPackage.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '..');
const entries = ['index', 'policies/index', 'evaluation/index'];

let packed: PackedPackage;
beforeAll(async () => {
  packed = await packPackage();
});
afterAll(() => packed.remove());

describe('its pages', () => {
  it('are checked for links to files, pictures and headings that are not there', () => {
    const page =
      '[a](b.md) ![c](d.svg) [e](b.md#f) [g](#h) <img src="i.png"> [web](https://x.org/y) `[j](k)`';
    expect(linksOf(page)).toEqual(['b.md', 'd.svg', 'b.md#f', '#h', 'i.png']);
    const pages: Pages = new Map([
      ['docs/a.md', `# h\n\n${page} [up](../README.md#what-it-costs)`],
      ['docs/b.md', '# e'],
      ['README.md', '## What it costs'],
    ]);
    expect(brokenLinks(pages)).toEqual(['docs/a.md -> d.svg', 'docs/a.md -> b.md#f', 'docs/a.md -> i.png']);
  });

  it('link only what comes along', async () => {
    const pages = new Map<string, string | null>();
    for (const file of packed.files) {
      pages.set(file, file.endsWith('.md') ? await readFile(join(packed.unpacked, file), 'utf8') : null);
    }
    expect([...pages.keys()]).toEqual(
      expect.arrayContaining(['README.md', 'docs/options.md', 'CONTRIBUTING.md']),
    );
    expect(brokenLinks(pages)).toEqual([]);
  });
});

describe('hover text', () => {
  it('is missed where a member, a type or a method has none', async () => {
    const file = join(packed.folder, 'silent.d.ts');
    await writeFile(
      file,
      `/** A. */
       export interface A {
         /** b */
         b: number;
         c: number;
       }
       export declare class D {
         /** e */
         e(): void;
         f(): void;
         private g;
         constructor(h: string);
       }
       /** I. */
       export type I = { j: 1 };
       /** L. */
       export interface L {
         /** @default 2 */
         m?: number;
       }`,
    );
    expect(undocumented([file])).toEqual(['A.c', 'D', 'D.constructor', 'D.f', 'I.j', 'L.m']);
  });

  it.each(entries)('says something of every export of dist/%s.d.ts and of its members', (entry) => {
    expect(undocumented([join(root, 'dist', `${entry}.d.ts`)])).toEqual([]);
  });
});

describe('types', () => {
  const program = `
    import { load, TreekvError, type GenerateOptions, type Model, type PolicyDefinition } from 'treekv';
    import { planCache, policies } from 'treekv/policies';
    import { evaluatePerplexity, type PerplexityRequest } from 'treekv/evaluation';
    const options: GenerateOptions = { max_new_tokens: 8, signal: new AbortController().signal };
    const built: PolicyDefinition | undefined = policies.get('treekv');
    export async function use(request: PerplexityRequest): Promise<string> {
      const model: Model = await load(undefined, { cache: { policy: 'treekv', budget: 64 }, dtype: 'q8' });
      const session = await model.session();
      const bytes: Uint8Array = await session.snapshot();
      for await (const piece of session.generate(options)) process.stdout.write(piece);
      const chat = await model.chat({ system: 'Be brief.' });
      const { cache } = await chat.statistics();
      await model[Symbol.asyncDispose]();
      return [cache.policy, (await planCache()).budget, bytes.length, built?.name, evaluatePerplexity.name].join();
    }
    export const isOurs = (error: unknown) => error instanceof TreekvError && error.code === 'BAD_OPTION';
    // @ts-expect-error: types are there, and not 'any'
    export const wrong: GenerateOptions = { max_tokens: 8 };`;
  const modules = [
    ['node16', 'node16'],
    ['nodenext', 'nodenext'],
    ['esnext', 'bundler'],
  ];
  const compilers = ['typescript-5.4', 'typescript'];
  let consumer: string;

  beforeAll(async () => {
    consumer = join(packed.folder, 'consumer');
    const installed = join(consumer, 'node_modules');
    await mkdir(join(installed, '@types'), { recursive: true });
    await cp(packed.unpacked, join(installed, 'treekv'), { recursive: true });
    // @types/node is all that a program has beside treekv: its declarations lean on no other package
    for (const name of ['@types/node', 'undici-types']) {
      await symlink(join(root, 'node_modules', name), join(installed, name), 'junction');
    }
    await writeFile(join(consumer, 'package.json'), JSON.stringify({ type: 'module' }));
    await writeFile(join(consumer, 'use.ts'), program);
  });

  it.each(
    compilers.flatMap((compiler) =>
      modules.map(([module, resolution]) => ({ compiler, module, resolution })),
    ),
  )(
    'compile with $compiler, module resolution $resolution and every library checked',
    async ({ compiler, module, resolution }) => {
      const tsc = join(root, 'node_modules', compiler, 'bin', 'tsc');
      const words = [
        '--noEmit',
        '--strict',
        '--skipLibCheck',
        'false',
        '--target',
        'es2022',
        '--types',
        'node',
      ];
      const chosen = ['--module', module, '--moduleResolution', resolution];
      const { stdout } = await run(process.execPath, [tsc, ...words, ...chosen, 'use.ts'], {
        cwd: consumer,
      }).catch((error: { stdout: string }) => error);
      expect(stdout).toBe('');
    },
  );

  it('are checked by the compiler that they are promised for', async () => {
    const { version } = JSON.parse(
      await readFile(join(root, 'node_modules', 'typescript-5.4', 'package.json'), 'utf8'),
    ) as { version: string };
    expect(version).toMatch(/^5\.4\./);
  });
});
