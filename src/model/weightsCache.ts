// Finds the packed weights of a model folder: in the folder itself, in the cache, or by packing them into
// the cache now. Nothing in the cache is believed: a file that is damaged, or holds other weights than its name
// says, is packed again with a warning. Nothing there is precious; a person may delete it at any time.
import { dirname, join } from 'node:path';
import { environment, removeAbandoned, TreekvError, userHome, xdgCacheFolder } from '../core/index.ts';
import type { Checkpoint } from './checkpoint.ts';
import { storeConfig } from './config.ts';
import type { Dtype, PackedWeights } from './packed.ts';
import { holdsPacked, openPacked, parseDtype } from './packedWeights.ts';
import { type PackOptions, packCheckpoint, packedVersion } from './packModel.ts';
import { modelSource } from './source.ts';
import { sourceKeyOf } from './sourceKey.ts';

/** The weight type when nobody asks for one. */
const defaultDtype: Dtype = 'q8';

/** The folder for what treekv can make again: TREEKV_CACHE, else the platform's. Throws BAD_OPTION. */
export function cacheFolder(
  variables: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
): string {
  return environment(variables).cacheFolder ?? join(userCacheFolder(variables, platform), 'treekv');
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
  if (await holdsPacked(own)) return openOwn(own, asked, options.signal);
  const checkpoint = await modelSource(path).openCheckpoint();
  try {
    return await cached(checkpoint, asked ?? defaultDtype, options);
  } finally {
    await checkpoint.close();
  }
}

async function cached(checkpoint: Checkpoint, dtype: Dtype, options: PackOptions): Promise<PackedWeights> {
  const { signal, onWarning } = options;
  const source = await sourceKeyOf(checkpoint, join(cacheFolder(), 'keys'), { signal });
  const name = `${source.key.slice(0, 24)}-${dtype}-v${packedVersion}.safetensors`;
  const file = join(cacheFolder(), 'packed', name);
  const belongs = (found: PackedWeights): boolean =>
    found.dtype === dtype &&
    found.source === source.key &&
    storeConfig(found.config) === storeConfig(checkpoint.config);
  const found = await openUnlessDamaged(file, options);
  if (found !== undefined && belongs(found)) return found;
  if (found !== undefined)
    onWarning?.(`The packed weights are made anew: ${file} holds other weights than its name says.`);
  await packCheckpoint(checkpoint, dtype, file, options, source);
  await removeAbandoned(dirname(file));
  return openPacked(file, { signal });
}

/** The packed file, or undefined if it is absent or, with a warning, damaged. */
async function openUnlessDamaged(
  file: string,
  { signal, onWarning }: PackOptions,
): Promise<PackedWeights | undefined> {
  try {
    return await openPacked(file, { signal, remedy: 'the model is packed again' });
  } catch (error) {
    if (!(error instanceof TreekvError) || error.code === 'ABORTED') throw error;
    if (error.code !== 'FILE_NOT_FOUND') onWarning?.(`The packed weights are made anew: ${error.message}.`);
    return undefined;
  }
}

async function openOwn(
  file: string,
  asked: Dtype | undefined,
  signal: AbortSignal | undefined,
): Promise<PackedWeights> {
  const weights = await openPacked(file, { signal });
  if (asked === undefined || asked === weights.dtype) return weights;
  throw new TreekvError(
    'BAD_OPTION',
    `${file} is already packed as ${weights.dtype} and cannot become ${asked}; leave the weight type out, or ` +
      'give the folder of the original model',
    { file, dtype: weights.dtype, asked },
  );
}

function userCacheFolder(variables: NodeJS.ProcessEnv, platform: NodeJS.Platform): string {
  const home = userHome(variables);
  if (platform === 'darwin') return join(home, 'Library', 'Caches');
  if (platform === 'win32') return variables.LOCALAPPDATA || join(home, 'AppData', 'Local');
  return xdgCacheFolder(variables);
}
