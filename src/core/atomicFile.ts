// Writes a file so that it is there whole or not at all: to a temporary name beside it, flushed to disk,
// then renamed over the target. Two processes that write the same file at once both succeed and the later
// one stays. It never retries and never leaves the temporary file after an error it lives to see.
import { randomBytes } from 'node:crypto';
import { lstat, open, readdir, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { TreekvError } from './error.ts';
import { makeFolder } from './makeFolder.ts';

/** Takes the next bytes of a file; with a position, bytes in place of some that it has taken. */
export type ByteSink = (bytes: Uint8Array, position?: number) => Promise<void>;

/** What is needed of an open file; node's FileHandle is one. */
export interface WritableFile {
  /** @param position in the file; undefined for behind the bytes before. */
  write(
    bytes: Uint8Array,
    offset: number,
    length: number,
    position?: number,
  ): Promise<{ readonly bytesWritten: number }>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** Creates a file that must not exist yet; tests put one here whose writes fail. */
export type OpenForWriting = (file: string) => Promise<WritableFile>;

/** A write call takes at most 2 GiB on every platform. */
const piece = 2 ** 30;

export interface AtomicOptions {
  /** What to do where a file cannot be written, in words that ` on another disk` can follow. @default name a file */
  readonly elsewhere?: string;
  /** @default node's own */
  readonly openFile?: OpenForWriting;
  /** Who may read the file. @default as the file that is replaced, else as the system makes files */
  readonly mode?: number;
}

/**
 * Writes `file` with what `body` sends to the sink; a link stays, and what it leads to is written. Errors of `body`
 * itself pass through unchanged. Throws WRITE_FAILED, also for what is no file: a device or a pipe would be replaced.
 */
export async function writeAtomically(
  path: string,
  body: (sink: ByteSink) => Promise<void>,
  { elsewhere = 'name a file', openFile, mode }: AtomicOptions = {},
): Promise<void> {
  const { file, mode: before } = await target(path, elsewhere);
  const openNew = openFile ?? ((name: string) => openWithMode(name, mode ?? before));
  const temporary = `${file}.tmp-${process.pid}-${randomBytes(6).toString('hex')}`;
  inWork.add(basename(temporary));
  const attempt = <T>(action: () => Promise<T>) => orWriteFailed(file, elsewhere, action);
  const handle = await attempt(async () => {
    await makeFolder(dirname(file));
    return openNew(temporary);
  }).catch((error) => {
    inWork.delete(basename(temporary));
    throw error;
  });
  try {
    try {
      await body((bytes, position) => attempt(() => writeAll(handle, bytes, position)));
      await attempt(() => handle.sync());
    } finally {
      await attempt(() => handle.close());
    }
    await attempt(() => rename(temporary, file));
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  } finally {
    inWork.delete(basename(temporary));
  }
}

/** Writes a file whose content is at hand. Throws WRITE_FAILED. */
export async function writeWhole(
  file: string,
  content: string | Uint8Array,
  options: AtomicOptions = {},
): Promise<void> {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  await writeAtomically(file, (sink) => sink(bytes), options);
}

/** Where a path leads, and the mode of the file that is there. */
async function target(path: string, elsewhere: string): Promise<{ file: string; mode?: number }> {
  const there = await lstat(path).catch(() => undefined);
  if (there === undefined) return { file: path };
  // A link to a file that is not there yet is replaced: where it leads cannot be asked.
  const file = there.isSymbolicLink() ? await realpath(path).catch(() => path) : path;
  const found = await stat(file).catch(() => undefined);
  if (found === undefined) return { file };
  if (found.isFile()) return { file, mode: found.mode & 0o777 };
  const message = `${path} could not be written: it is no file; ${elsewhere} that is a file, or not there yet.`;
  throw new TreekvError('WRITE_FAILED', message, { file: path });
}

/** Creates a file; with a mode, that one whatever the system would take away from it. */
async function openWithMode(file: string, mode: number | undefined): Promise<WritableFile> {
  const handle = await open(file, 'wx', mode);
  if (mode !== undefined) await handle.chmod(mode);
  return handle;
}

const TEMPORARY = /\.tmp-(\d+)-[0-9a-f]{12}$/;

/** Names of the temporary files that this process is writing. */
const inWork = new Set<string>();

/** Removes what killed writes of `file` left beside it; what a running process writes stays. */
export async function removeLeftovers(file: string): Promise<void> {
  const folder = dirname(file);
  const own = (await readdir(folder).catch(() => [])).filter((name) => {
    const writer = TEMPORARY.exec(name)?.[1];
    if (writer === undefined || name.replace(TEMPORARY, '') !== basename(file)) return false;
    return Number(writer) === process.pid ? !inWork.has(name) : !isRunning(Number(writer));
  });
  await Promise.all(own.map((name) => rm(join(folder, name), { force: true })));
}

/** Removes temporary files of a folder that a killed process left behind: those older than a day. */
export async function removeAbandoned(folder: string): Promise<void> {
  const day = 24 * 60 * 60 * 1000;
  for (const name of await readdir(folder).catch(() => [])) {
    if (!TEMPORARY.test(name)) continue;
    const file = join(folder, name);
    // another process may remove it at the same moment, and a leftover that stays does no harm
    const found = await stat(file).catch(() => undefined);
    if (found !== undefined && Date.now() - found.mtimeMs > day) await rm(file).catch(() => undefined);
  }
}

function isRunning(pid: number): boolean {
  try {
    // signal 0 only asks
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function writeAll(handle: WritableFile, bytes: Uint8Array, position?: number): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    const length = Math.min(piece, bytes.length - done);
    const at = position === undefined ? undefined : position + done;
    done += (await handle.write(bytes, done, length, at)).bytesWritten;
  }
}

async function orWriteFailed<T>(file: string, elsewhere: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const way =
      code === 'ENOSPC' || code === 'EDQUOT'
        ? `the disk is full: free space, or ${elsewhere} on another disk`
        : `${message}; ${elsewhere} that can be written`;
    throw new TreekvError('WRITE_FAILED', `${file} could not be written: ${way}`, { file, code }, { cause });
  }
}
