// Finds a model in the hub cache without the network: what a revision meant when it was last asked for, and
// whether the files of that commit are all there. It changes nothing, so the cache may be read-only.
import { readdir, readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { isName, requireArgument, TreekvError } from '../core/index.ts';
import { cachedRepository, readRef, sizeOf } from './cacheLayout.ts';
import { type HubSettings, readHubSettings } from './hubSettings.ts';
import { type ModelId, parseModelId, revisionOf } from './modelId.ts';
import { selectFiles, shardsOf } from './selectFiles.ts';

/** A model of a hub that lies in the cache, complete. */
export interface CachedModel {
  /** `org/name` */
  readonly repository: string;
  /** The branch, tag or commit that was asked for. */
  readonly revision: string;
  /** What the revision means. */
  readonly commit: string;
  /** The commit's folder in the cache. */
  readonly folder: string;
  /** What to load: the folder, or the .gguf file in it. */
  readonly path: string;
  /** What the model is made of. */
  readonly files: readonly CachedFile[];
  /** Bytes of all files. */
  readonly bytes: number;
}

/** A file of the model. */
export interface CachedFile {
  /** Below the folder, with slashes. */
  readonly path: string;
  /** Bytes of the file. */
  readonly bytes: number;
}

/**
 * The model in the cache; no socket is opened.
 * @param id as `parseModelId` takes it. @param revision branch, tag or commit; default: the id's, else main
 * Throws FILE_NOT_FOUND naming what is missing, BAD_OPTION for an id or revision that is none, BAD_FILE for a
 * damaged cache, UNSUPPORTED for a model that treekv does not read.
 */
export async function findCached(id: string, revision?: string): Promise<CachedModel> {
  requireArgument('findCached', 'id', id, isName);
  if (revision !== undefined) requireArgument('findCached', 'revision', revision, isName);
  const parsed = parseModelId(id);
  return findInCache(await readHubSettings(), parsed, revisionOf(parsed, revision));
}

/** As `findCached`, with everything decided. */
export async function findInCache(
  settings: HubSettings,
  id: ModelId,
  revision: string,
): Promise<CachedModel> {
  const { repository } = id;
  const places = cachedRepository(settings.cacheFolder, repository);
  const absent = (what: string, file: string) => notCached(settings, id, revision, what, file);
  const commit = await readRef(places, revision);
  if (commit === undefined) throw absent(`revision '${revision}'`, places.ref(revision));
  const folder = places.snapshot(commit);
  const there = await filesBelow(folder);
  if (there.length === 0) throw absent(`commit ${commit}`, folder);
  if (id.file !== undefined && !there.includes(id.file)) throw absent(id.file, join(folder, id.file));
  const { gguf, files, index, missing } = selectFiles(there, id);
  const shards =
    index === undefined ? [] : shardsOf(await readFile(join(folder, index), 'utf8'), join(folder, index));
  const lacking = [...missing, ...shards.filter((shard) => !there.includes(shard))];
  if (lacking.length > 0) throw absent(lacking.join(', '), join(folder, lacking[0]));
  const sized = await Promise.all(
    [...files, ...shards].map(async (path) => ({ path, bytes: (await sizeOf(join(folder, path))) ?? 0 })),
  );
  return {
    ...{ repository, revision, commit, folder },
    path: gguf === undefined ? folder : join(folder, gguf),
    files: sized,
    bytes: sized.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}

/** Files that can be read, with slashes, sorted; a link to a blob that is gone is no file. */
async function filesBelow(folder: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true, encoding: 'utf8' }).catch(() => []);
  const sizes = await Promise.all(names.map((name) => sizeOf(join(folder, name))));
  return names
    .filter((_, i) => sizes[i] !== undefined)
    .map((name) => relative(folder, join(folder, name)).split(sep).join('/'))
    .sort();
}

function notCached(
  { cacheFolder, offline }: HubSettings,
  { repository, file, quant }: ModelId,
  revision: string,
  what: string,
  path: string,
): TreekvError {
  const name = `${repository}${file === undefined ? '' : `/${file}`}${quant === undefined ? '' : `:${quant}`}`;
  const network = offline === undefined ? 'with the network' : `without ${offline}`;
  return new TreekvError(
    'FILE_NOT_FOUND',
    `The cache ${cacheFolder} lacks ${what} of ${repository}, and the network is not to be used. Get it ${network}: ` +
      `treekv pull ${name}@${revision}`,
    { repository, revision, missing: what, path, cacheFolder, offline },
  );
}
