// The rules of the house (docs/architecture.md) as functions over source text, so that a test can apply them
// to the sources and to counter-examples alike. Imports are found by pattern: the sources are formatted by a
// tool, and every import stands on a line that ends with its specifier.
import { dirname, posix } from 'node:path';

/** Rooms from the top of the house down; each may use those before it. */
export const rooms: readonly string[] = [
  'core',
  'policies',
  'cache',
  'prefill',
  'gguf',
  'hub',
  'model',
  'chat',
  'engine',
  'generation',
  'report',
  'evaluation',
  'server',
  'cli',
];

/** Source files: path below src/ with slashes, to text. */
export type Sources = ReadonlyMap<string, string>;

/** Relative specifiers that a file imports or re-exports, types and dynamic imports included. */
export function importsOf(text: string): string[] {
  const found = text.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*'(\.[^']*)'/g);
  return [...found].map(([, specifier]) => specifier);
}

function roomOf(file: string): string {
  return file.includes('/') ? file.slice(0, file.indexOf('/')) : '';
}

function targetOf(file: string, specifier: string): string {
  return posix.normalize(posix.join(dirname(file), specifier));
}

/** Imports that go up from below, or past a room's index.ts. */
export function wrongImports(sources: Sources, exceptions: readonly string[] = []): string[] {
  const wrong: string[] = [];
  for (const [file, text] of sources) {
    const room = roomOf(file);
    for (const specifier of importsOf(text)) {
      const target = targetOf(file, specifier);
      const other = roomOf(target);
      const name = `${file} -> ${target}`;
      if (!sources.has(target)) wrong.push(`${name}: no such file`);
      if (room === other || exceptions.includes(name)) continue;
      const [from, to] = [rooms.indexOf(room), rooms.indexOf(other)];
      // what lies directly in src/ is the package's face and may use every room
      if (room !== '' && (from < 0 || to < 0 || to > from)) wrong.push(`${name}: not a room above`);
      if (posix.basename(target) !== 'index.ts') wrong.push(`${name}: not through index.ts`);
    }
  }
  return wrong;
}

/** One cycle of imports, or none. `import type` counts: a reader follows it too. */
export function importCycle(sources: Sources): string[] | undefined {
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (file: string): string[] | undefined => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (done.has(file)) return undefined;
    path.push(file);
    for (const specifier of importsOf(sources.get(file) ?? '')) {
      const cycle = visit(targetOf(file, specifier));
      if (cycle !== undefined) return cycle;
    }
    path.pop();
    done.add(file);
    return undefined;
  };
  for (const file of sources.keys()) {
    const cycle = visit(file);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}

/** Whether code names ONNX Runtime's package as something to load; its package.json may be read. */
export function loadsOnnxRuntime(text: string): boolean {
  return text
    .split('\n')
    .some((line) => /['"`]onnxruntime-node['"`]/.test(line.replace(/^\s*(\/\/|\*).*/, '')));
}

/** Whether a file begins with a comment, behind a shebang at most. */
export function beginsWithComment(text: string): boolean {
  return /^(#!.*\n)?(\/\/|\/\*)/.test(text);
}

/** Whether a file has a default export. */
export function hasDefaultExport(text: string): boolean {
  return /^export default\b|^export \{[^}]*\bas default\b/m.test(text);
}

/** Whether code writes to the console; comments may speak of it. */
export function usesConsole(text: string): boolean {
  return text.split('\n').some((line) => /\bconsole\./.test(line.replace(/\/\/.*|^\s*\*.*/, '')));
}
