// What a model holds, read from its config and the headers of its weights: no weight is loaded and no engine
// started, so it answers at once for a model of any size.
import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { ModelConfig } from './config.ts';
import { packedParts } from './packedLayout.ts';
import { holdsPacked, readPackedHeader } from './packedWeights.ts';
import { resolveModel } from './resolveModel.ts';
import { modelSource } from './source.ts';

/** A model in numbers. */
export interface ModelFacts {
  readonly name: string;
  /** The folder or the GGUF file. */
  readonly path: string;
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

/** Looks into a model. Throws FILE_NOT_FOUND, BAD_FILE, BAD_WEIGHTS or UNSUPPORTED. */
export async function describeModel(model: string | undefined): Promise<ModelFacts> {
  const path = await resolveModel(model);
  const own = join(path, 'model.safetensors');
  if (await holdsPacked(own)) {
    const { config, dtype } = await readPackedHeader(own);
    return facts(path, config, [own], [dtype], true);
  }
  const checkpoint = await modelSource(path).openCheckpoint();
  await checkpoint.close();
  return facts(path, checkpoint.config, checkpoint.files, checkpoint.held, false);
}

async function facts(
  path: string,
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
  return { name: basename(path), path, config, parameters, held, packed, files: names, fileBytes };
}
