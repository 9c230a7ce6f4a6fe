// Gets a model from a hub into the cache: what is there already stays, what is missing is fetched, and the
// revision is noted last, so that a revision in the cache always means a model that is whole.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type Check,
  isFlag,
  isFunction,
  isName,
  isObject,
  isSignal,
  requireArgument,
  requireKnownKeys,
  requireOptions,
  TreekvError,
} from '../core/index.ts';
import { cachedRepository, writeRef } from './cacheLayout.ts';
import { type FetchPlan, fetchFiles } from './fetchFiles.ts';
import { type CachedModel, findInCache } from './findCached.ts';
import { nonsense } from './hubErrors.ts';
import { type HubSettings, readHubSettings } from './hubSettings.ts';
import { isCommit, type ModelId, parseModelId, revisionOf } from './modelId.ts';
import type { HubConnection } from './network.ts';
import type { PullReport } from './pullProgress.ts';
import { listRepository, type RepositoryFile, resolveCommit } from './repository.ts';
import { aborted, defaultRetryPlan, isTransient, type RetryPlan } from './retry.ts';
import { selectFiles, shardsOf } from './selectFiles.ts';

/** Options of `pull`. */
export interface PullOptions {
  /** A branch, a tag or a commit. @default the id's, else 'main' */
  readonly revision?: string;
  /** Uses the cache alone; no socket is opened. @default false */
  readonly local_files_only?: boolean;
  /** Ends the pull with ABORTED; what has arrived is kept. @default none */
  readonly signal?: AbortSignal;
  /** Is told of every file. @default none */
  readonly progress_callback?: PullReport;
  /** How patient it is with the network: `attempts`, `firstWaitMs`, `longestWaitMs`, `stallMs`. @default 5, 1000, 300000, 30000 */
  readonly retry?: Partial<RetryPlan>;
}

/** A model that was pulled. */
export interface PulledModel extends CachedModel {
  /** Bytes of the files that were not in the cache before. */
  readonly fetchedBytes: number;
}

const checks: Readonly<Record<keyof PullOptions, Check>> = {
  revision: isName,
  local_files_only: isFlag,
  signal: isSignal,
  progress_callback: isFunction,
  retry: isObject,
};

/**
 * Gets a model: `org/name`, `org/name@revision`, `org/name/file.gguf` or `org/name:QUANT`. Environment variables
 * say from where and into which folder (`readHubSettings`). If the hub cannot be reached and the cache has the
 * revision, that is the answer, with a warning. Throws BAD_OPTION, FILE_NOT_FOUND, NOT_AUTHORISED,
 * DOWNLOAD_FAILED, WRITE_FAILED, UNSUPPORTED, BAD_FILE or ABORTED.
 */
export async function pull(id: string, options: PullOptions = {}): Promise<PulledModel> {
  requireArgument('pull', 'id', id, isName);
  requireOptions('pull', options, checks);
  const { signal, progress_callback: report = () => undefined } = options;
  const model = parseModelId(id);
  const revision = revisionOf(model, options.revision);
  const plan = retryPlan(options.retry);
  const settings = await readHubSettings();
  if (signal?.aborted) throw aborted();
  if (options.local_files_only || settings.offline !== undefined) {
    return atHand(await findInCache(settings, model, revision));
  }
  const cached = await findInCache(settings, model, revision).catch(ignoreAbsence);
  // a commit never comes to mean something else
  if (cached !== undefined && isCommit(revision)) return atHand(cached);
  const connection = connect(settings, plan, signal);
  let listing: Listing;
  try {
    // whoever has the model at hand is not kept waiting for a hub that does not answer
    const asking = cached === undefined ? connection : { ...connection, plan: { ...plan, attempts: 1 } };
    listing = await list(asking, model.repository, revision);
  } catch (error) {
    if (cached === undefined || !isTransient(error)) throw error;
    const message = `${error.message} Using the cache's ${model.repository} at commit ${cached.commit}.`;
    report({ status: 'warning', message });
    return atHand(cached);
  }
  const { repository } = model;
  const places = cachedRepository(settings.cacheFolder, repository);
  const subject = { repository, revision: listing.commit };
  const fetchedBytes = await fetchModel({ connection, subject, places, report }, model, listing);
  await writeRef(places, revision, listing.commit);
  return { ...(await findInCache(settings, model, listing.commit)), revision, fetchedBytes };
}

/** A commit and its files by path. */
interface Listing {
  readonly commit: string;
  readonly files: ReadonlyMap<string, RepositoryFile>;
}

async function list(connection: HubConnection, repository: string, revision: string): Promise<Listing> {
  const commit = isCommit(revision) ? revision : await resolveCommit(connection, { repository, revision });
  const files = await listRepository(connection, { repository, revision: commit });
  return { commit, files: new Map(files.map((file) => [file.path, file])) };
}

/** Answers the bytes that had to be fetched. */
async function fetchModel(plan: FetchPlan, model: ModelId, { commit, files }: Listing): Promise<number> {
  const { repository } = model;
  const chosen = selectFiles([...files.keys()], model);
  if (chosen.missing.length > 0) {
    throw new TreekvError(
      'UNSUPPORTED',
      `${repository} has no ${chosen.missing.join(', no ')}; treekv runs models with config.json, tokenizer.json ` +
        'and model.safetensors (or its shards), or one .gguf file.',
      { repository, commit, missing: chosen.missing },
    );
  }
  const lookUp = (path: string): RepositoryFile => {
    const file = files.get(path);
    if (file !== undefined) return file;
    throw nonsense(plan.subject, `${chosen.index} names ${path}, which the repository lacks`);
  };
  const fetched = await fetchFiles(plan, chosen.files.map(lookUp));
  if (chosen.index === undefined) return fetched;
  const index = join(plan.places.snapshot(commit), chosen.index);
  const shards = shardsOf(await readFile(index, 'utf8'), index);
  return fetched + (await fetchFiles(plan, shards.map(lookUp)));
}

function atHand(model: CachedModel): PulledModel {
  return { ...model, fetchedBytes: 0 };
}

/** For a look into the cache whose failure the hub can make good. */
function ignoreAbsence(error: unknown): undefined {
  if (!(error instanceof TreekvError)) throw error;
}

function connect(settings: HubSettings, plan: RetryPlan, signal: AbortSignal | undefined): HubConnection {
  const { endpoint, token } = settings;
  return { endpoint, plan, ...(token !== undefined && { token }), ...(signal !== undefined && { signal }) };
}

function retryPlan(own: Partial<RetryPlan> = {}): RetryPlan {
  requireKnownKeys('pull.retry', own, Object.keys(defaultRetryPlan));
  const plan = { ...defaultRetryPlan, ...own };
  for (const [option, value] of Object.entries(plan)) {
    if (Number.isSafeInteger(value) && value >= (option === 'firstWaitMs' ? 0 : 1)) continue;
    const message = `Option 'retry.${option}' must be an integer of at least 1, not ${value}.`;
    throw new TreekvError('BAD_OPTION', message, { option, value });
  }
  return plan;
}
