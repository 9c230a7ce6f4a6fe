// Keeps two processes from fetching the same blob at once: the second waits, and then finds the blob or goes
// on where the first was killed. A lock is a file that only one can create; its owner touches it while it
// works, and one that was not touched for long, or whose process is gone, may be taken over.
//
// It spares a download and protects nothing: a file system may be slow to show the lock, and a computer may
// sleep. Two that fetch one blob write the same bytes to the same places, each checks the hash of what it
// read and wrote, and the last step is a rename (`fetchBlob.ts`).
import { randomUUID } from 'node:crypto';
import { readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { makeFolder } from '../core/index.ts';
import { orWriteFailed } from './diskErrors.ts';
import { aborted } from './retry.ts';

/** How a lock is waited for. */
export interface LockOptions {
  readonly signal?: AbortSignal | undefined;
  /** Is told once if there is somebody to wait for: their process, as far as it is known. */
  readonly onWait?: (pid: number | undefined) => void;
}

interface Owner {
  readonly pid: number;
  readonly host: string;
  readonly token: string;
}

const touchEveryMs = 5_000;
const staleAfterMs = 30_000;
const lookEveryMs = 100;

/** Runs `work` while this process alone holds the lock. Throws ABORTED if the signal fires while it waits. */
export async function withBlobLock<T>(
  file: string,
  options: LockOptions,
  work: () => Promise<T>,
): Promise<T> {
  const { signal, onWait } = options;
  const owner: Owner = { pid: process.pid, host: hostname(), token: randomUUID() };
  await orWriteFailed(file, () => makeFolder(dirname(file)));
  for (let waits = 0; !(await take(file, owner)); waits++) {
    if (await isStale(file)) {
      await orWriteFailed(file, () => rm(file, { force: true }));
      continue;
    }
    if (waits === 0) onWait?.((await readOwner(file))?.pid);
    await pause(lookEveryMs, undefined, { signal }).catch(() => {
      throw aborted();
    });
  }
  const touching = setInterval(() => {
    const now = new Date();
    // whoever took the lock over has removed the file; then there is nothing to touch
    utimes(file, now, now).catch(() => undefined);
  }, touchEveryMs);
  try {
    return await work();
  } finally {
    clearInterval(touching);
    // a lock that cannot be removed goes stale by itself
    if ((await readOwner(file))?.token === owner.token)
      await rm(file, { force: true }).catch(() => undefined);
  }
}

/** Whether the lock could be taken. */
async function take(file: string, owner: Owner): Promise<boolean> {
  return orWriteFailed(file, async () => {
    try {
      await writeFile(file, JSON.stringify(owner), { flag: 'wx' });
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
      throw error;
    }
  });
}

async function isStale(file: string): Promise<boolean> {
  const found = await stat(file).catch(() => undefined);
  if (found === undefined) return false;
  if (Date.now() - found.mtimeMs > staleAfterMs) return true;
  const owner = await readOwner(file);
  return owner !== undefined && owner.host === hostname() && !isAlive(owner.pid);
}

/** Who holds the lock; undefined while the owner is writing its name, and when there is none. */
async function readOwner(file: string): Promise<Owner | undefined> {
  try {
    const { pid, host, token } = JSON.parse(await readFile(file, 'utf8'));
    return Number.isSafeInteger(pid) && pid > 0 ? { pid, host, token } : undefined;
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives, and belongs to another user
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
