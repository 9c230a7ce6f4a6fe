// How a model wants a conversation written, as its files say it: the text of a Jinja template and the special
// tokens that it may name. Read from chat_template.jinja and additional_chat_templates/, else from
// tokenizer_config.json, as Hugging Face does; what renders it is `chat/`.
import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { TreekvError } from '../core/index.ts';
import { type JsonObject, readJson } from './readJson.ts';

/** A template that has not been parsed yet. */
export interface ChatTemplateText {
  /** The file that it comes from, or would, for errors. */
  readonly file: string;
  /** Jinja; the one called `default` where a model has several; undefined for a model that has none. */
  readonly template: string | undefined;
  /** All by name where a model has several, such as `tool_use`. */
  readonly named: ReadonlyMap<string, string>;
  /** The special tokens of the template's variables: `bos_token`, `eos_token` and their like. */
  readonly tokens: Readonly<Record<string, string>>;
}

/** The template and special tokens of a model folder; a base model has the tokens only. Throws BAD_FILE. */
export async function readChatTemplate(folder: string): Promise<ChatTemplateText> {
  const configFile = join(folder, 'tokenizer_config.json');
  const config = (await readJson(configFile)) ?? {};
  // Older folders keep the tokens in a file of their own; the config wins, as in Hugging Face's loader.
  const older = (await readJson(join(folder, 'special_tokens_map.json'))) ?? {};
  const tokens = { ...specialTokens(older), ...specialTokens(config) };
  const own = join(folder, 'chat_template.jinja');
  const template = await readText(own);
  if (template !== undefined) return { file: own, template, named: await readNamed(folder), tokens };
  const given = config.chat_template;
  if (typeof given === 'string') return { file: configFile, template: given, named: new Map(), tokens };
  const named = namedTemplates(given ?? [], configFile);
  return { file: configFile, template: named.get('default'), named, tokens };
}

/** The templates that lie beside chat_template.jinja, by the name of their file. */
async function readNamed(folder: string): Promise<Map<string, string>> {
  const place = join(folder, 'additional_chat_templates');
  const files = (await orAbsent(() => readdir(place))) ?? [];
  const named = new Map<string, string>();
  for (const file of files.filter((name) => name.endsWith('.jinja')).sort()) {
    named.set(basename(file, '.jinja'), await readFile(join(place, file), 'utf8'));
  }
  return named;
}

function readText(file: string): Promise<string | undefined> {
  return orAbsent(() => readFile(file, 'utf8'));
}

async function orAbsent<Value>(read: () => Promise<Value>): Promise<Value | undefined> {
  try {
    return await read();
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw cause;
  }
}

function namedTemplates(given: unknown, file: string): Map<string, string> {
  const entries = Array.isArray(given) ? (given as unknown[]) : [given];
  return new Map(
    entries.map((entry) => {
      const { name, template } = (entry ?? {}) as Record<string, unknown>;
      if (typeof name === 'string' && typeof template === 'string') return [name, template];
      throw new TreekvError(
        'BAD_FILE',
        `${file}: chat_template must be a text or a list of { name, template }`,
        { file },
      );
    }),
  );
}

/** Every `..._token` of the file: a text, or an object with its text in `content`. */
function specialTokens(file: JsonObject): Record<string, string> {
  const tokens: Record<string, string> = {};
  for (const [key, value] of Object.entries(file)) {
    if (!key.endsWith('_token')) continue;
    const text =
      typeof value === 'object' && value !== null ? (value as { content?: unknown }).content : value;
    if (typeof text === 'string') tokens[key] = text;
  }
  return tokens;
}
