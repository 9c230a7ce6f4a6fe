// A policy that a user wrote: an ES module that exports `policy`, named by a path or a file URL. It crosses
// into a worker as that name, because functions cannot, so the name is made absolute once. Bare package
// names are not accepted: they could not be told from a mistyped built-in.

import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { TreekvError } from '../core/index.ts';
import { guardPolicy } from './guardPolicy.ts';
import type { PolicyDefinition } from './policy.ts';

/** Seconds within which a module must have loaded: one that waits for ever would end the program without a word. */
const PATIENCE = 30;

/** Whether a policy's name is meant as a module: a path, a file URL, or a name that ends in .js or .mjs. */
export function isModuleSpecifier(name: string): boolean {
  return /^(\.{1,2}\/|\/|file:)|\.m?js$/.test(name);
}

/** The module's file URL; a relative path starts at the working folder. */
export function moduleUrl(specifier: string): string {
  return specifier.startsWith('file:') ? specifier : pathToFileURL(resolve(specifier)).href;
}

/** Imports a module's `policy`, with everything checked that it returns. Throws `FILE_NOT_FOUND` or `BAD_OPTION`. */
export async function importPolicy(specifier: string): Promise<PolicyDefinition> {
  const url = moduleUrl(specifier);
  const file = fileOf(url);
  if (!existsSync(file)) {
    throw new TreekvError('FILE_NOT_FOUND', `No policy module at ${url}.`, { specifier, url });
  }
  let exports: Record<string, unknown>;
  try {
    exports = await inTime(import(url));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const message = `The policy module ${url} failed to load: ${reason}`;
    throw new TreekvError('BAD_OPTION', message, { specifier, url }, { cause });
  }
  if (isDefinition(exports.policy)) return guardPolicy(exports.policy, file);
  const message =
    `The policy module ${url} must export \`policy\`, an object with name, summary, plan() and create(); ` +
    `it exports: ${Object.keys(exports).join(', ') || 'nothing'}.`;
  throw new TreekvError('BAD_OPTION', message, { specifier, url, exports: Object.keys(exports) });
}

function fileOf(url: string): string {
  try {
    return fileURLToPath(url);
  } catch (cause) {
    const message = `'${url}' is no file URL: ${(cause as Error).message}. Give the path of the policy module.`;
    throw new TreekvError('BAD_OPTION', message, { option: 'policy', value: url }, { cause });
  }
}

async function inTime<Value>(loading: Promise<Value>): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () =>
        reject(new Error(`it was not loaded after ${PATIENCE} seconds; does it await something for ever?`)),
      1000 * PATIENCE,
    );
  });
  try {
    return await Promise.race([loading, late]);
  } finally {
    clearTimeout(timer);
  }
}

function isDefinition(value: unknown): value is PolicyDefinition {
  if (typeof value !== 'object' || value === null) return false;
  const { name, summary, plan, create } = value as Partial<Record<keyof PolicyDefinition, unknown>>;
  return (
    typeof name === 'string' &&
    typeof summary === 'string' &&
    typeof plan === 'function' &&
    typeof create === 'function'
  );
}
