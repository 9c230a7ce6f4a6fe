// The rules of the house, applied to all sources: who may import whom, and what a file may be. Each checker
// is shown to fail on a counter-example first, for a check that cannot fail protects nothing.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  beginsWithComment,
  hasDefaultExport,
  importCycle,
  importsOf,
  loadsOnnxRuntime,
  rooms,
  type Sources,
  usesConsole,
  wrongImports,
} from './support/houseRules.ts';

const src = join(import.meta.dirname, '..', 'src');
const everything: Sources = new Map(
  readdirSync(src, { recursive: true, encoding: 'utf8' })
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => file.endsWith('.ts'))
    .sort()
    .map((file) => [file, readFileSync(join(src, file), 'utf8')]),
);
const isForTests = (file: string) => /\.(test|testing)\.ts$/.test(file);
/** What is built. Tests and their helpers may look into any room. */
const shipped: Sources = new Map([...everything].filter(([file]) => !isForTests(file)));
/** Imports past a room's index.ts that docs/architecture.md allows. */
const exceptions: readonly string[] = [];

const named = (entries: Record<string, string>): Sources => new Map(Object.entries(entries));

/** What else may run a model: benchmarks, tools and tests. */
const beside: Sources = new Map(
  ['bench', 'tools', 'test'].flatMap((folder) =>
    readdirSync(join(src, '..', folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => /\.[cm]?[jt]s$/.test(file))
      .map((file) => [`${folder}/${file}`, readFileSync(join(src, '..', folder, file), 'utf8')] as const),
  ),
);

describe('the checkers notice', () => {
  it('an import from a room below', () => {
    const sources = named({
      'policies/a.ts': "import { Engine } from '../engine/index.ts';",
      'engine/index.ts': '',
    });
    expect(wrongImports(sources)).toEqual(['policies/a.ts -> engine/index.ts: not a room above']);
  });

  it('an import past an index.ts, unless it is excepted', () => {
    const sources = named({ 'cli/a.ts': "export * from '../core/b.ts';", 'core/b.ts': '' });
    expect(wrongImports(sources)).toEqual(['cli/a.ts -> core/b.ts: not through index.ts']);
    expect(wrongImports(sources, ['cli/a.ts -> core/b.ts'])).toEqual([]);
  });

  it('a room that is not in the list, on either side', () => {
    const sources = named({
      'utils/a.ts': "import '../core/index.ts';",
      'cli/a.ts': "import '../utils/index.ts';",
      'core/index.ts': '',
      'utils/index.ts': '',
    });
    expect(wrongImports(sources)).toHaveLength(2);
  });

  it('an import of a file that is not there', () => {
    expect(wrongImports(named({ 'core/a.ts': "import './b.ts';" }))).toEqual([
      'core/a.ts -> core/b.ts: no such file',
    ]);
  });

  it('a cycle', () => {
    const sources = named({
      'core/a.ts': "import './b.ts';",
      'core/b.ts': "import type { C } from './c.ts';",
      'core/c.ts': "export { A } from './a.ts';",
    });
    expect(importCycle(sources)).toEqual(['core/a.ts', 'core/b.ts', 'core/c.ts', 'core/a.ts']);
  });

  it('every way to import', () => {
    const text = `
      import './a.ts';
      import { b,
        type B } from './b.ts';
      import type { C } from '../c.ts';
      export { d } from './d.ts';
      export * from './e.ts';
      const f = await import('./f.ts');
      import { g } from 'package';`;
    expect(importsOf(text)).toEqual(['./a.ts', './b.ts', '../c.ts', './d.ts', './e.ts', './f.ts']);
  });

  it('ONNX Runtime being loaded, in any way', () => {
    // in two parts, since this file must not name it either
    const name = `onnxruntime-${'node'}`;
    for (const text of [
      `import { Tensor } from '${name}';`,
      `await import("${name}")`,
      `require('${name}')`,
    ]) {
      expect(loadsOnnxRuntime(text)).toBe(true);
    }
    expect(loadsOnnxRuntime(`// '${name}' is far away`)).toBe(false);
    expect(loadsOnnxRuntime(`require('${name}/package.json')`)).toBe(false);
  });

  it('default exports, writing to the console, and a missing first comment', () => {
    expect(hasDefaultExport('const a = 1;\nexport default a;')).toBe(true);
    expect(hasDefaultExport('export { a as default };')).toBe(true);
    expect(usesConsole("  console.log('here');")).toBe(true);
    expect(beginsWithComment("import './a.ts';\n// late")).toBe(false);
  });
});

describe('in the sources', () => {
  it('there are rooms to check', () => {
    const found = new Set(
      [...shipped.keys()].filter((file) => file.includes('/')).map((file) => file.split('/')[0]),
    );
    for (const room of found) expect(rooms).toContain(room);
    expect(found.size).toBeGreaterThanOrEqual(7);
  });

  it('one file loads ONNX Runtime, the one that switches its telemetry off', () => {
    const loading = [...everything, ...beside].filter(([, text]) => loadsOnnxRuntime(text));
    expect(loading.map(([file]) => file)).toEqual(['engine/ort/onnxRuntime.ts']);
  });

  it('a room imports from rooms above it only, through their index.ts', () => {
    expect(wrongImports(shipped, exceptions)).toEqual([]);
  });

  it('no files import each other in a circle', () => {
    expect(importCycle(shipped)).toBeUndefined();
  });

  it('nothing that ships imports a test helper', () => {
    const importing = [...shipped].filter(([, text]) => importsOf(text).some(isForTests));
    expect(importing.map(([file]) => file)).toEqual([]);
  });

  it('there are no default exports', () => {
    expect([...everything].filter(([, text]) => hasDefaultExport(text)).map(([file]) => file)).toEqual([]);
  });

  it('no file is longer than 400 lines', () => {
    const long = [...everything].filter(([, text]) => text.split('\n').length > 401);
    expect(long.map(([file]) => file)).toEqual([]);
  });

  it('only the command line writes to the console', () => {
    const writing = [...shipped].filter(([file, text]) => !file.startsWith('cli/') && usesConsole(text));
    expect(writing.map(([file]) => file)).toEqual([]);
  });

  it('every file but an index says first what it is', () => {
    const silent = [...everything].filter(
      ([file, text]) => !/(^|\/)index\.ts$|\.test\.ts$/.test(file) && !beginsWithComment(text),
    );
    expect(silent.map(([file]) => file)).toEqual([]);
  });
});
