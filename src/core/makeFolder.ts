// Makes a folder with those above it. Node's own `mkdir` with `recursive` never ends where a folder refuses its
// children with ENOENT, as /proc does (nodejs 20 and 22 go round in a circle), so the steps are taken here.
import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Makes `folder` unless it is there; the system's error if it cannot be made. */
export async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder);
  } catch (error) {
    if (await isFolder(folder)) return;
    const above = dirname(folder);
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || above === folder) throw error;
    await makeFolder(above);
    // once more and no oftener: it may be the folder above that says ENOENT
    await makeOne(folder);
  }
}

/** Makes a folder whose parent is there; another process may be making it too. */
async function makeOne(folder: string): Promise<void> {
  try {
    await mkdir(folder);
  } catch (error) {
    if (!(await isFolder(folder))) throw error;
  }
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() === true;
}
