// The state of a stream that is being read, beside its result: all caches at one position, and the bucket that was
// open there. Together with the buckets before it that is everything, so a run that was killed goes on to the same
// result. The file is replaced whole (a temporary name, flushed, renamed): at any moment it is the old or the new.
import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import {
  type OpenForWriting,
  openForReading,
  readExactly,
  removeLeftovers,
  requireFree,
  TreekvError,
  writeAtomically,
} from '../../core/index.ts';
import {
  type CacheContent,
  cacheTensors,
  openSealed,
  readCacheTensors,
  type SealedKind,
  seal,
} from '../../generation/index.ts';
import { safetensorsMetadata, writeSafetensors } from '../../model/index.ts';
import { outputStem, type RunHead } from '../../report/index.ts';
import type { StreamBucket } from './bucketMeter.ts';

/** Where a run stands. */
export interface StreamState {
  /** Tokens read. */
  readonly position: number;
  readonly bucket: StreamBucket;
  /** [policies] */
  readonly caches: readonly CacheContent[];
}

/** The file of a run's state. @param output the result's, with or without `.json`. */
export function stateFile(output: string): string {
  return `${outputStem(output)}.state.safetensors`;
}

/** Writes the state. Throws WRITE_FAILED; the state before stays. */
export async function saveState(
  file: string,
  head: RunHead<unknown>,
  { position, bucket, caches }: StreamState,
  openFile?: OpenForWriting,
): Promise<void> {
  const parts = caches.map((content, p) => cacheTensors(content, prefix(p)));
  const tensors = parts.flatMap((part) => part.tensors);
  const metadata = {
    run: digest(head),
    position: String(position),
    bucket: JSON.stringify(bucket),
    policies: String(caches.length),
    ...Object.assign({}, ...parts.map((part) => part.metadata)),
  };
  const sealed = seal(kind(file), { tensors, metadata }, head.model.fingerprint);
  // Tensor by tensor from where they lie: a copy of all would show in the memory that the run measures.
  const sources = tensors.map((tensor) => ({
    ...tensor,
    async *produce() {
      yield tensor.bytes;
    },
  }));
  try {
    await writeAtomically(file, (sink) => writeSafetensors(sink, sources, sealed), {
      ...(openFile !== undefined && { openFile }),
    });
  } catch (cause) {
    if (!(cause instanceof TreekvError && cause.code === 'WRITE_FAILED')) throw cause;
    const message =
      `The state of the run could not be written to ${file} (${cause.details.code ?? 'unknown reason'}). Make room ` +
      'for it and resume: the run goes on from the state before.';
    throw new TreekvError('WRITE_FAILED', message, { file }, { cause });
  }
}

/** The state of this run; undefined if none was saved. Throws BAD_FILE, or BAD_SNAPSHOT if it is another run's. */
export async function loadState(file: string, head: RunHead<unknown>): Promise<StreamState | undefined> {
  const bytes = await readState(file);
  if (bytes === undefined) return undefined;
  const opened = openSealed(bytes, kind(file), head.model.fingerprint);
  const { run, position, bucket, policies } = opened.metadata;
  if (run !== digest(head)) {
    const message = `${file} is the state of another run. Delete it to begin anew, or name another output.`;
    throw new TreekvError('BAD_SNAPSHOT', message, { file });
  }
  return {
    position: Number(position),
    bucket: JSON.parse(bucket) as StreamBucket,
    caches: Array.from({ length: Number(policies) }, (_, p) => readCacheTensors(opened, prefix(p))),
  };
}

/** Throws BAD_OPTION for a file that is in the way and is no stream's state: a new run would remove it. */
export async function requireNoForeignState(file: string): Promise<void> {
  if ((await safetensorsMetadata(file))?.format === kind(file).format) return;
  await requireFree([file], 'It is no state of a stream: name another output, or replace it (--force).');
}

/** Removes the state, and what killed saves left beside it; nothing if there is none. */
export async function removeState(file: string): Promise<void> {
  await rm(file, { force: true });
  await removeLeftovers(file);
}

/** The whole file, whatever its size: a full cache of a long stream takes more than one call of `readFile` may. */
async function readState(file: string): Promise<Uint8Array | undefined> {
  try {
    const handle = await openForReading(file);
    try {
      return await readExactly(handle, 0, (await handle.stat()).size, file);
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (error instanceof TreekvError && error.code === 'FILE_NOT_FOUND') return undefined;
    throw error;
  }
}

function kind(file: string): SealedKind {
  return {
    format: 'treekv-stream-state',
    version: '1',
    noun: `stream state ${file}`,
    remedy: 'delete it to begin anew',
  };
}

function prefix(policy: number): string {
  return `${policy}/`;
}

/** Names a run: its experiment, model and protocol. */
function digest(head: RunHead<unknown>): string {
  return createHash('sha256').update(JSON.stringify(head)).digest('hex');
}
