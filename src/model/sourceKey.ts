// Names a model by the content of its files, so that a copied, moved or touched model is known again, and one that
// differs in a single byte is not mistaken for it. Hashing reads all of a file, so the hash is remembered beside
// the packed weights, and believed only of the same path, size, times, inode and fingerprint. What was remembered
// is checked before it is believed, and forgotten without harm.
import { createHash } from 'node:crypto';
import { realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readTextFile, readThrough, startContentHash, TreekvError, writeWhole } from '../core/index.ts';
import { promisedSha256 } from '../hub/index.ts';
import type { Checkpoint } from './checkpoint.ts';

/** Names what a model holds. */
export interface SourceKey {
  /** Hexadecimal; the same for a copy. */
  readonly key: string;
  /** Throws BAD_FILE if a file of the model was written since it was hashed. */
  requireUnchanged(): Promise<void>;
}

export interface SourceKeyOptions {
  readonly signal?: AbortSignal | undefined;
  /** Hashes a file; tests count the calls. @default hashSource */
  readonly hash?: ((file: string, signal?: AbortSignal) => Promise<string>) | undefined;
  /** Milliseconds since 1970. @default the clock's */
  readonly now?: number | undefined;
}

/** A change within this time of another may leave no trace in the times of a file, so it is not remembered. */
const settledAfterMs = 2000;

/** The key of an open model; what was hashed is remembered in `folder`. Throws BAD_FILE, ABORTED. */
export async function sourceKeyOf(
  checkpoint: Checkpoint,
  folder: string,
  options: SourceKeyOptions = {},
): Promise<SourceKey> {
  const fingerprint = await checkpoint.fingerprint();
  const key = createHash('sha256').update(`treekv source 1\n${fingerprint}\n`);
  const states: FileState[] = [];
  for (const path of checkpoint.files) {
    const state = await stateOf(path);
    states.push(state);
    key.update(`${await hashOf(state, fingerprint, folder, options)}\n`);
  }
  return {
    key: key.digest('hex'),
    async requireUnchanged() {
      for (const before of states) await requireSame(before);
    },
  };
}

/**
 * The hash of a file's content. A blob of the hub cache is named by what it must hash to, and is held to it here,
 * where its bytes pass anyway. Throws BAD_FILE if it does not.
 */
export async function hashSource(file: string, signal?: AbortSignal): Promise<string> {
  const hash = await startContentHash();
  const promised = promisedSha256(file);
  const sha256 = promised === undefined ? undefined : createHash('sha256');
  const take = (bytes: Uint8Array): void => {
    hash.update(bytes);
    sha256?.update(bytes);
  };
  await readThrough(file, take, { signal });
  const actual = sha256?.digest('hex');
  if (actual === promised) return hash.hex();
  throw new TreekvError(
    'BAD_FILE',
    `${file} is damaged: its sha256 is ${actual}, and not its name; delete it and pull the model again`,
    { file, expected: promised, actual },
  );
}

/** What changes when a file is written anew; as text, since nanoseconds exceed a double. */
interface FileState {
  /** Behind links. */
  readonly path: string;
  readonly size: string;
  readonly written: string;
  /** When anything was last done to it; a program cannot set this time back. */
  readonly changed: string;
  readonly inode: string;
}

interface Remembered extends FileState {
  readonly fingerprint: string;
  readonly hash: string;
}

async function stateOf(file: string): Promise<FileState> {
  const path = await realpath(file);
  const { size, mtimeNs, ctimeNs, ino } = await stat(path, { bigint: true });
  return { path, size: `${size}`, written: `${mtimeNs}`, changed: `${ctimeNs}`, inode: `${ino}` };
}

async function requireSame(before: FileState): Promise<void> {
  const now = await stateOf(before.path).catch(() => undefined);
  if (now !== undefined && JSON.stringify(now) === JSON.stringify(before)) return;
  throw new TreekvError(
    'BAD_FILE',
    `${before.path} changed while it was read; load the model again once nothing writes to it`,
    { file: before.path, before, now },
  );
}

async function hashOf(
  state: FileState,
  fingerprint: string,
  folder: string,
  { signal, hash = hashSource, now = Date.now() }: SourceKeyOptions,
): Promise<string> {
  const name = createHash('sha256').update(state.path).digest('hex').slice(0, 24);
  const file = join(folder, `${name}.json`);
  const known = await recall(file);
  if (known !== undefined && (await textOf({ ...state, fingerprint, hash: known.hash })) === known.text) {
    return known.hash;
  }
  const fresh = await hash(state.path, signal);
  await requireSame(state);
  if (now - Number(state.changed) / 1e6 < settledAfterMs) return fresh;
  // a cache that cannot be written costs this hash again, and nothing else
  await writeWhole(file, await textOf({ ...state, fingerprint, hash: fresh })).catch(() => undefined);
  return fresh;
}

/** What a file of keys says, if it says anything. */
async function recall(file: string): Promise<{ readonly text: string; readonly hash: string } | undefined> {
  try {
    const text = await readTextFile(file);
    const { hash } = JSON.parse(text) as Partial<Remembered>;
    return typeof hash === 'string' ? { text, hash } : undefined;
  } catch {
    return undefined;
  }
}

/** The one text that remembers this; its check covers the rest. */
async function textOf({
  path,
  size,
  written,
  changed,
  inode,
  fingerprint,
  hash,
}: Remembered): Promise<string> {
  const body = { version: 1, path, size, written, changed, inode, fingerprint, hash };
  const check = await startContentHash();
  check.update(Buffer.from(JSON.stringify(body)));
  return `${JSON.stringify({ ...body, check: check.hex() })}\n`;
}
