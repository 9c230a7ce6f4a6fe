// Files that a run will write, looked for before it: what stands there may be somebody's work, and is lost with the
// rename that puts ours in its place. Whether a file is our own is for its room to say.
import { lstat } from 'node:fs/promises';
import { TreekvError } from './error.ts';

/** Throws BAD_OPTION at the first file that exists. @param wayOut a sentence on what to do instead */
export async function requireFree(files: readonly string[], wayOut: string): Promise<void> {
  for (const file of files) {
    const found = await lstat(file).catch(() => undefined);
    if (found === undefined) continue;
    throw new TreekvError('BAD_OPTION', `${file} exists, and would be overwritten. ${wayOut}`, { file });
  }
}
