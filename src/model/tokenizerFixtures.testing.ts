// Small tokenizers with what Python's libraries say of them (tools/reference/tokenizerFixtures.py): each as the model's
// own tokenizer.json and as GGUF metadata. Only tests import it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { GgufValue } from '../gguf/index.ts';

const folder = join(import.meta.dirname, '..', '..', 'test', 'fixtures', 'tokenizers');

export const tokenizerNames = ['llama3', 'qwen2', 'smollm', 'gpt2', 'llama2', 'llama2-no-prefix'] as const;

/** What Python makes of a text. */
export interface Expected {
  readonly ids: readonly number[];
  readonly decoded: string;
  /** Ids of sentencepiece itself, where its conversion gives others. */
  readonly sentencepiece?: readonly number[];
}

export interface TokenizerFixture {
  /** The token that begins a text. */
  readonly bos: number | null;
  /** The tokenizer.json. */
  readonly tokenizer: Readonly<Record<string, unknown>>;
  /** The metadata, lists of numbers as plain lists. */
  readonly gguf: Readonly<Record<string, string | number | boolean | string[] | number[]>>;
  /** By the name of the text. */
  readonly texts: Readonly<Record<string, Expected>>;
}

/** The texts, with their names. */
export const texts = Object.entries(read('texts') as Record<string, string>);

/** Code points between the cuts of each text, by the name of the pre-tokenizer and of the text. */
export const cuts = read('cuts') as Readonly<Record<string, Readonly<Record<string, readonly number[]>>>>;

export function tokenizerFixture(name: string): TokenizerFixture {
  return read(name) as TokenizerFixture;
}

/** The metadata as `openGguf` gives it; a change of undefined takes a key away. */
export function ggufMetadata(
  { gguf }: TokenizerFixture,
  changes: Readonly<Record<string, GgufValue | undefined>> = {},
): Map<string, GgufValue> {
  const metadata = new Map<string, GgufValue>();
  for (const [key, value] of Object.entries(gguf)) metadata.set(key, typedLists(key, value));
  for (const [key, value] of Object.entries(changes)) {
    if (value === undefined) metadata.delete(key);
    else metadata.set(key, value);
  }
  return metadata;
}

function typedLists(key: string, value: TokenizerFixture['gguf'][string]): GgufValue {
  if (!Array.isArray(value) || typeof value[0] === 'string') return value as GgufValue;
  return key.endsWith('scores') ? Float32Array.from(value as number[]) : Int32Array.from(value as number[]);
}

function read(name: string): unknown {
  return JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8'));
}
