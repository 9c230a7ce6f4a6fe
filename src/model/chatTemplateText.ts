// How a model wants a conversation written, as its files say it: the text of a Jinja template and the special
// tokens that it may name. Read from chat_template.jinja or tokenizer_config.json; what renders it is `chat/`.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TreekvError } from '../core/index.ts';
import { readJson } from './readJson.ts';

/** A template that has not been parsed yet. */
export interface ChatTemplateText {
  /** The file that it comes from, for errors. */
  readonly file: string;
  /** Jinja; the one called `default` where a model has several. */
  readonly template: string;
  /** Others by name, such as `tool_use`. */
  readonly named: ReadonlyMap<string, string>;
  /** The special tokens of the template's variables: `bos_token`, `eos_token` and their like. */
  readonly tokens: Readonly<Record<string, string>>;
}

/** The template of a model folder, or undefined if it has none. Throws BAD_FILE. */
export async function readChatTemplate(folder: string): Promise<ChatTemplateText | undefined> {
  const configFile = join(folder, 'tokenizer_config.json');
  const config = (await readJson(configFile)) ?? {};
  const tokens = specialTokens(config);
  const own = join(folder, 'chat_template.jinja');
  const template = await readFile(own, 'utf8').catch(() => undefined);
  if (template !== undefined) return { file: own, template, named: new Map(), tokens };
  const given = config.chat_template;
  if (given === undefined || given === null) return undefined;
  if (typeof given === 'string') return { file: configFile, template: given, named: new Map(), tokens };
  const named = namedTemplates(given, configFile);
  const chosen = named.get('default') ?? named.values().next().value;
  return chosen === undefined ? undefined : { file: configFile, template: chosen, named, tokens };
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

/** Every `..._token` of the config: a text, or an object with its text in `content`. */
function specialTokens(config: Readonly<Record<string, unknown>>): Record<string, string> {
  const tokens: Record<string, string> = {};
  for (const [key, value] of Object.entries(config)) {
    if (!key.endsWith('_token')) continue;
    const text =
      typeof value === 'object' && value !== null ? (value as { content?: unknown }).content : value;
    if (typeof text === 'string') tokens[key] = text;
  }
  return tokens;
}
