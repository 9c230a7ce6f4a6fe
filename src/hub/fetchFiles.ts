// Makes sure that files of a commit lie in the cache's snapshot: one that is there is left alone, one whose
// blob is there is linked, the others are fetched, one after the other. A file counts as there if it is as
// long as the hub says; its bytes were checked when they came.
import { join } from 'node:path';
import { makeFolder } from '../core/index.ts';
import { withBlobLock } from './blobLock.ts';
import { type CachedRepository, placeInSnapshot, sizeOf } from './cacheLayout.ts';
import { orWriteFailed, requireSpace } from './diskErrors.ts';
import { fetchBlob } from './fetchBlob.ts';
import type { Subject } from './hubErrors.ts';
import type { HubConnection } from './network.ts';
import { fileProgress, type PullReport } from './pullProgress.ts';
import type { RepositoryFile } from './repository.ts';

/** Where files come from and where they go. */
export interface FetchPlan {
  readonly connection: HubConnection;
  /** The repository, and the commit as its revision. */
  readonly subject: Subject;
  readonly places: CachedRepository;
  readonly report: PullReport;
}

/** Answers the bytes of the files that had to be fetched. */
export async function fetchFiles(plan: FetchPlan, files: readonly RepositoryFile[]): Promise<number> {
  const needed = await Promise.all(files.map((file) => missingBytes(plan, file)));
  const missing = needed.reduce((sum, bytes) => sum + bytes, 0);
  if (missing > 0) {
    const { folder } = plan.places;
    await orWriteFailed(folder, () => makeFolder(folder));
    await requireSpace(folder, missing);
  }
  let fetched = 0;
  for (const file of files) {
    plan.report(fileProgress('initiate', file.path, 0, file.size));
    if (await provide(plan, file)) fetched += file.size;
    plan.report(fileProgress('done', file.path, file.size, file.size));
  }
  return fetched;
}

/** Bytes of a file that are still to come. */
async function missingBytes(
  { places, subject }: FetchPlan,
  { path, size, hash }: RepositoryFile,
): Promise<number> {
  const blob = places.blob(hash.hex);
  const there = [join(places.snapshot(subject.revision), path), blob].map(sizeOf);
  if ((await Promise.all(there)).includes(size)) return 0;
  return Math.max(0, size - ((await sizeOf(`${blob}.incomplete`)) ?? 0));
}

/** Whether the file had to be fetched. */
async function provide(plan: FetchPlan, file: RepositoryFile): Promise<boolean> {
  const { connection, subject, places, report } = plan;
  const inSnapshot = join(places.snapshot(subject.revision), file.path);
  if ((await sizeOf(inSnapshot)) === file.size) return false;
  const blob = places.blob(file.hash.hex);
  let fetched = false;
  if ((await sizeOf(blob)) !== file.size) {
    const onWait = (pid: number | undefined): void => {
      const who = pid === undefined ? 'another process' : `process ${pid}`;
      report({ status: 'warning', message: `${file.path} is being downloaded by ${who}; waiting for it.` });
    };
    fetched = await withBlobLock(
      places.lock(file.hash.hex),
      { signal: connection.signal, onWait },
      async () => {
        if ((await sizeOf(blob)) === file.size) return false;
        await fetchBlob({ connection, subject, file, report }, blob);
        return true;
      },
    );
  }
  await placeInSnapshot(blob, inSnapshot);
  return fetched;
}
