// Which tokens end a text: what generation_config.json says, else config.json, both one id or a list, and the token
// that the tokenizer's files call its end. Folders whose configs were left behind when a chat got a token of its own
// name it only there.
import { join } from 'node:path';
import { TreekvError } from '../core/index.ts';
import { readJson } from './readJson.ts';
import { readTokenizerConfig, specialTokenTexts } from './specialTokenTexts.ts';

/** What a model folder says about generation. */
export interface GenerationDefaults {
  /** Tokens that end a text; may be empty. */
  readonly eosIds: readonly number[];
  /** One more that does, as text; undefined where the tokenizer's files name none. */
  readonly eosToken: string | undefined;
}

/** Reads the end-of-text tokens of a model folder. Throws BAD_FILE. */
export async function readGenerationDefaults(folder: string): Promise<GenerationDefaults> {
  const { eos_token: eosToken } = specialTokenTexts(await readTokenizerConfig(folder));
  for (const name of ['generation_config.json', 'config.json']) {
    const file = join(folder, name);
    const value = (await readJson(file))?.eos_token_id;
    if (value !== undefined && value !== null) return { eosIds: tokenIds(value, file), eosToken };
  }
  return { eosIds: [], eosToken };
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
