// Which tokens end a text: generation_config.json, else config.json. Both allow one id or a list.
import { join } from 'node:path';
import { readJson } from './readJson.ts';

/** What a model folder says about generation. */
export interface GenerationDefaults {
  /** Tokens that end a text; may be empty. */
  readonly eosIds: readonly number[];
}

/** Reads the end-of-text tokens of a model folder. Throws BAD_FILE. */
export async function readGenerationDefaults(folder: string): Promise<GenerationDefaults> {
  for (const name of ['generation_config.json', 'config.json']) {
    const json = await readJson(join(folder, name));
    const ids = json?.eos_token_id;
    if (typeof ids === 'number') return { eosIds: [ids] };
    if (Array.isArray(ids)) return { eosIds: ids.filter((id): id is number => typeof id === 'number') };
  }
  return { eosIds: [] };
}
