// What a model folder holds, read from its config and the headers of its weights: no weight is loaded and no
// engine started, so it answers at once for a model of any size.
import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { openCheckpoint } from './checkpoint.ts';
import type { ModelConfig } from './config.ts';
import { packedParts } from './packedLayout.ts';
import { isPacked, openPacked } from './packedWeights.ts';
import { readJson } from './readJson.ts';
import { resolveModel } from './resolveModel.ts';
import { openSafetensors } from './safetensors.ts';

/** A model folder in numbers. */
export interface ModelFacts {
  readonly name: string;
  readonly folder: string;
  readonly config: ModelConfig;
  /** Weights; a table that also serves as the output projection counts once. */
  readonly parameters: number;
  /** The weight types in the files: `q8` where treekv packed them, else such as `BF16`. */
  readonly held: readonly string[];
  readonly packed: boolean;
  /** Files of weights, and their bytes together. */
  readonly files: readonly string[];
  readonly fileBytes: number;
}

/** Looks into a model folder. Throws FILE_NOT_FOUND, BAD_FILE, BAD_WEIGHTS or UNSUPPORTED. */
export async function describeModel(model: string | undefined): Promise<ModelFacts> {
  const folder = await resolveModel(model);
  const single = join(folder, 'model.safetensors');
  const alone = (await stat(single).catch(() => undefined)) === undefined ? undefined : await look(single);
  if (alone?.packed) {
    const { config, dtype } = await openPacked(single);
    return facts(folder, config, [single], [dtype], true);
  }
  const checkpoint = await openCheckpoint(folder);
  await checkpoint.close();
  const files = alone === undefined ? await shards(folder) : [single];
  const types = new Set<string>();
  for (const file of files) for (const type of (await look(file)).types) types.add(type);
  return facts(folder, checkpoint.config, files, [...types].sort(), false);
}

async function facts(
  folder: string,
  config: ModelConfig,
  files: readonly string[],
  held: readonly string[],
  packed: boolean,
): Promise<ModelFacts> {
  let fileBytes = 0;
  for (const file of files) fileBytes += (await stat(file)).size;
  // In q8 a tied head is no part of its own.
  const parameters = packedParts(config, 'q8')
    .map((part) => (part.kind === 'matrix' ? part.rows * part.columns : part.length))
    .reduce((sum, count) => sum + count, 0);
  const names = files.map((file) => basename(file));
  return { name: basename(folder), folder, config, parameters, held, packed, files: names, fileBytes };
}

async function look(file: string): Promise<{ packed: boolean; types: Set<string> }> {
  const opened = await openSafetensors(file);
  await opened.close();
  return { packed: isPacked(opened), types: new Set([...opened.tensors.values()].map(({ dtype }) => dtype)) };
}

/** The shards that the index names; `openCheckpoint` has checked it. */
async function shards(folder: string): Promise<string[]> {
  const index = await readJson(join(folder, 'model.safetensors.index.json'), '');
  const names = Object.values(index.weight_map as Readonly<Record<string, string>>);
  return [...new Set(names)].sort().map((name) => join(folder, name));
}
