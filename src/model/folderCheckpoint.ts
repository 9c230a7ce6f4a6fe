// The checkpoint in a Hugging Face folder: config.json and the weights in model.safetensors, or in the shards
// that model.safetensors.index.json names. Its weights are floats; it knows no layer names and converts
// nothing but to float32.
import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type FloatDtype, isFloatDtype, TreekvError, widen } from '../core/index.ts';
import type { Checkpoint } from './checkpoint.ts';
import { parseConfig } from './config.ts';
import { fingerprintOf } from './fingerprint.ts';
import { type JsonObject, readJson } from './readJson.ts';
import { openSafetensors, type SafetensorsFile } from './safetensors.ts';
import type { SafetensorsTensor } from './safetensorsHeader.ts';

const remedy =
  'Download the whole model (config.json and *.safetensors), or convert it with ' +
  'save_pretrained(folder, safe_serialization=True).';

/** Opens a folder; its config must be one that treekv runs. */
export async function openFolderCheckpoint(folder: string): Promise<Checkpoint> {
  await requireFolder(folder);
  const configFile = join(folder, 'config.json');
  const json = await readJson(configFile, remedy);
  const config = parseConfig(json, configFile);
  // hashed as parsed: the order of keys and numbers count, the spaces between them do not
  const configBytes = new TextEncoder().encode(JSON.stringify(json));
  const { files, home } = await openWeights(folder);

  const lookUp = (name: string) => {
    const file = home.get(name);
    const tensor = file?.tensors.get(name);
    if (file === undefined || tensor === undefined) {
      throw new TreekvError(
        'BAD_WEIGHTS',
        `${folder} has no tensor ${name}, which its config.json asks for; is it the config of another model?`,
        { folder, name },
      );
    }
    return { file, tensor };
  };
  return {
    path: folder,
    config,
    files: files.map(({ file }) => file),
    held: [
      ...new Set(files.flatMap(({ tensors }) => [...tensors.values()].map(({ dtype }) => dtype))),
    ].sort(),
    names: [...home.keys()].sort(),
    demand(name, expected) {
      const { file, tensor } = lookUp(name);
      floatDtype(file, name, tensor);
      const { shape } = tensor;
      if (String(shape) === String(expected)) return;
      throw new TreekvError(
        'BAD_WEIGHTS',
        `${file.file}: tensor ${name} has shape [${shape}], but config.json makes it [${expected}]`,
        { file: file.file, name, expected, actual: shape },
      );
    },
    async readRows(name, first, count) {
      const { file, tensor } = lookUp(name);
      const { offset, length, shape } = tensor;
      const rowBytes = shape.length === 1 ? length : length / shape[0];
      const bytes = await file.readRange(offset + first * rowBytes, count * rowBytes);
      return widen(floatDtype(file, name, tensor), bytes);
    },
    blockFormat: () => undefined,
    readBlocks(name) {
      throw new Error(`${name} holds floats, not blocks`);
    },
    fingerprint: () => fingerprintOf(configBytes, files),
    close: () => closeAll(files),
  };
}

/** The type of a tensor, if it is one that can be read. */
function floatDtype({ file }: SafetensorsFile, name: string, { dtype }: SafetensorsTensor): FloatDtype {
  if (isFloatDtype(dtype)) return dtype;
  throw new TreekvError(
    'UNSUPPORTED',
    `${file}: tensor ${name} has type ${dtype}; treekv reads F32, F16 and BF16, so give the unquantised model`,
    { file, name, dtype },
  );
}

/** Fails unless `folder` is a folder. */
async function requireFolder(folder: string): Promise<void> {
  const found = await stat(folder).catch(() => undefined);
  if (found?.isDirectory()) return;
  const what = found === undefined ? 'does not exist' : 'is not a folder';
  throw absent(folder, `model folder ${folder} ${what}; give the folder that holds config.json`);
}

interface Weights {
  /** In the order of their names. */
  readonly files: readonly SafetensorsFile[];
  /** The file of each tensor. */
  readonly home: ReadonlyMap<string, SafetensorsFile>;
}

async function openWeights(folder: string): Promise<Weights> {
  const single = join(folder, 'model.safetensors');
  const indexFile = `${single}.index.json`;
  if ((await stat(single).catch(() => undefined)) !== undefined) {
    const file = await openSafetensors(single);
    return { files: [file], home: new Map([...file.tensors.keys()].map((name) => [name, file])) };
  }
  const index = await readJson(indexFile);
  if (index === undefined) {
    throw absent(single, `${folder} has neither model.safetensors nor an index of shards. ${remedy}`);
  }
  const map = parseWeightMap(index, indexFile);
  const opened = new Map<string, SafetensorsFile>();
  try {
    for (const shard of [...new Set(map.values())].sort()) {
      opened.set(shard, await openShard(join(folder, shard), indexFile));
    }
    const home = new Map<string, SafetensorsFile>();
    for (const [name, shard] of map) {
      const file = opened.get(shard);
      if (file?.tensors.has(name)) home.set(name, file);
      else
        throw new TreekvError('BAD_WEIGHTS', `${shard} has no tensor ${name}, which ${indexFile} puts there`);
    }
    return { files: [...opened.values()], home };
  } catch (error) {
    await closeAll([...opened.values()]);
    throw error;
  }
}

async function openShard(file: string, indexFile: string): Promise<SafetensorsFile> {
  try {
    return await openSafetensors(file);
  } catch (error) {
    if (!(error instanceof TreekvError) || error.code !== 'FILE_NOT_FOUND') throw error;
    throw absent(file, `${file} does not exist, though ${indexFile} names it. ${remedy}`);
  }
}

function parseWeightMap(json: JsonObject, file: string): ReadonlyMap<string, string> {
  const map = json.weight_map;
  const entries = typeof map === 'object' && map !== null ? Object.entries(map) : [];
  for (const [name, shard] of entries) {
    // a shard is a plain name: an index from elsewhere must not reach out of its folder
    if (typeof shard !== 'string' || basename(shard) !== shard || shard === '..' || shard.includes('\\')) {
      throw new TreekvError('BAD_FILE', `${file}: weight_map puts ${name} into ${JSON.stringify(shard)}`, {
        file,
        name,
        shard,
      });
    }
  }
  if (entries.length === 0) {
    throw new TreekvError('BAD_FILE', `${file} has no weight_map; download it again`, { file });
  }
  return new Map(entries as [string, string][]);
}

async function closeAll(files: readonly SafetensorsFile[]): Promise<void> {
  await Promise.all(files.map((file) => file.close()));
}

function absent(file: string, message: string): TreekvError {
  return new TreekvError('FILE_NOT_FOUND', message, { file });
}
