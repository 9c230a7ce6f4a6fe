// Finds the packed weights of a model folder: in the folder itself, in the cache, or by packing them into
// the cache now. A cached file that is damaged, or was packed by another version, is packed again. Nothing
// in the cache is precious; a person may delete it at any time.
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { environment, removeAbandoned, TreekvError } from '../core/index.ts';
import type { Checkpoint } from './checkpoint.ts';
import { storeConfig } from './config.ts';
import type { Dtype, PackedWeights } from './packed.ts';
import { holdsPacked, openPacked, parseDtype } from './packedWeights.ts';
import { type PackOptions, packCheckpoint, packedVersion } from './packModel.ts';
import { modelSource } from './source.ts';

/** The weight type when nobody asks for one. */
const defaultDtype: Dtype = 'q8';

/** The folder for what treekv can make or download again: TREEKV_CACHE, else the platform's. */
export function cacheFolder(
  variables: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
): string {
  const chosen = environment(variables).cacheFolder;
  return chosen === undefined ? join(userCacheFolder(variables, platform), 'treekv') : resolve(chosen);
}

/** The packed weights of the model at `path`, a folder or a file; packs them if they are not at hand. */
export async function preparePacked(
  path: string,
  dtype: Dtype | undefined,
  options: PackOptions = {},
): Promise<PackedWeights> {
  const asked = dtype === undefined ? undefined : parseDtype(dtype);
  const own = join(path, 'model.safetensors');
  // if it is absent there may be shards, and if not, the checkpoint says so
  if (await holdsPacked(own)) return openOwn(own, asked);
  const checkpoint = await modelSource(path).openCheckpoint();
  try {
    return await cached(checkpoint, asked ?? defaultDtype, options);
  } finally {
    await checkpoint.close();
  }
}

async function cached(checkpoint: Checkpoint, dtype: Dtype, options: PackOptions): Promise<PackedWeights> {
  const name = `${(await checkpoint.fingerprint()).slice(0, 24)}-${dtype}-v${packedVersion}.safetensors`;
  const file = join(cacheFolder(), 'packed', name);
  const config = storeConfig(checkpoint.config);
  const found = await openIfSound(file);
  if (found?.dtype === dtype && storeConfig(found.config) === config) return found;
  await packCheckpoint(checkpoint, dtype, file, options);
  await removeAbandoned(dirname(file));
  return openPacked(file);
}

/** The packed file, or undefined if it is absent or of no use. */
async function openIfSound(file: string): Promise<PackedWeights | undefined> {
  try {
    return await openPacked(file);
  } catch (error) {
    if (error instanceof TreekvError) return undefined;
    throw error;
  }
}

async function openOwn(file: string, asked: Dtype | undefined): Promise<PackedWeights> {
  const weights = await openPacked(file);
  if (asked === undefined || asked === weights.dtype) return weights;
  throw new TreekvError(
    'BAD_OPTION',
    `${file} is already packed as ${weights.dtype} and cannot become ${asked}; leave the weight type out, or ` +
      'give the folder of the original model',
    { file, dtype: weights.dtype, asked },
  );
}

function userCacheFolder(variables: NodeJS.ProcessEnv, platform: NodeJS.Platform): string {
  const home = variables.HOME || homedir();
  if (platform === 'darwin') return join(home, 'Library', 'Caches');
  if (platform === 'win32') return variables.LOCALAPPDATA || join(home, 'AppData', 'Local');
  return variables.XDG_CACHE_HOME || join(home, '.cache');
}
