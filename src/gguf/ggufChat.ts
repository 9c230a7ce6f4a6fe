// What a GGUF file says about conversations: the Jinja template, and the tokens that end a text.
import type { GgufMetadata } from './gguf.ts';
import { MetadataReader } from './metadataReader.ts';
import { specialTokens } from './specialTokens.ts';
import { readVocabulary } from './vocabulary.ts';

/** A template that has not been parsed yet; the same shape as `ChatTemplateText` of model/. */
export interface GgufChatTemplate {
  /** The file that it comes from, or would, for errors. */
  readonly file: string;
  /** Jinja; undefined for a model that has none. */
  readonly template: string | undefined;
  /** Others by name, such as `tool_use`. */
  readonly named: ReadonlyMap<string, string>;
  /** The special tokens of the template's variables: `bos_token`, `eos_token` and their like. */
  readonly tokens: Readonly<Record<string, string>>;
}

const templateKey = 'tokenizer.chat_template';

/** The chat template and special tokens; a base model has the tokens only. Throws BAD_FILE. */
export function ggufChatTemplate(metadata: GgufMetadata, file: string): GgufChatTemplate {
  const reader = new MetadataReader(metadata, file);
  const prefix = `${templateKey}.`;
  const named = new Map<string, string>();
  for (const key of metadata.keys()) {
    if (key.startsWith(prefix)) named.set(key.slice(prefix.length), reader.text(key) ?? '');
  }
  const template = reader.text(templateKey) ?? named.get('default');
  return { file, template, named, tokens: specialTokens(readVocabulary(reader)) };
}

/** The tokens that end a text; may be empty. Throws BAD_FILE. */
export function ggufEosIds(metadata: GgufMetadata, file: string): number[] {
  const { special, endings } = readVocabulary(new MetadataReader(metadata, file));
  const given = [special.eos, special.eot, special.eom].filter((id) => id !== undefined);
  return [...new Set([...given, ...endings])];
}
