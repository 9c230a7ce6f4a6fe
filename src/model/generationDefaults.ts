// Which tokens end a text: generation_config.json, else config.json. Both allow one id or a list.
import { join } from 'node:path';
import { TreekvError } from '../core/index.ts';
import { readJson } from './readJson.ts';

/** What a model folder says about generation. */
export interface GenerationDefaults {
  /** Tokens that end a text; may be empty. */
  readonly eosIds: readonly number[];
}

/** Reads the end-of-text tokens of a model folder. Throws BAD_FILE. */
export async function readGenerationDefaults(folder: string): Promise<GenerationDefaults> {
  for (const name of ['generation_config.json', 'config.json']) {
    const file = join(folder, name);
    const value = (await readJson(file))?.eos_token_id;
    if (value !== undefined && value !== null) return { eosIds: tokenIds(value, file) };
  }
  return { eosIds: [] };
}

function tokenIds(value: unknown, file: string): readonly number[] {
  const ids: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (ids.every((id): id is number => Number.isSafeInteger(id) && Number(id) >= 0)) return ids;
  const found = JSON.stringify(value);
  throw new TreekvError(
    'BAD_FILE',
    `${file}: eos_token_id is ${found}; it must be a token id or a list of them`,
    {
      file,
      value,
    },
  );
}
