// The special tokens that the files of a model folder name: `bos_token`, `eos_token` and their like, each a text or an
// object with its text. Read as transformers does; what they are for is their readers' business.
import { join } from 'node:path';
import { type JsonObject, readJson } from './readJson.ts';

/**
 * tokenizer_config.json, with the special tokens of special_tokens_map.json where that counts: in folders older than
 * `added_tokens_decoder`, where it goes before the config. An absent config is empty. Throws BAD_FILE.
 */
export async function readTokenizerConfig(folder: string): Promise<JsonObject> {
  const config = (await readJson(join(folder, 'tokenizer_config.json'))) ?? {};
  if (config.added_tokens_decoder !== undefined) return config;
  return { ...config, ...(await readJson(join(folder, 'special_tokens_map.json'))) };
}

/** Every `..._token` of a tokenizer_config.json, as text. */
export function specialTokenTexts(config: JsonObject): Record<string, string> {
  const tokens: Record<string, string> = {};
  for (const [key, value] of Object.entries(config)) {
    const text = key.endsWith('_token') ? tokenText(value) : undefined;
    if (text !== undefined) tokens[key] = text;
  }
  return tokens;
}

/** The text of a token that is spelled as text or as an object. */
export function tokenText(value: unknown): string | undefined {
  const text = typeof value === 'object' && value !== null ? (value as { content?: unknown }).content : value;
  return typeof text === 'string' ? text : undefined;
}
