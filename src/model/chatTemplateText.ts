// How a model wants a conversation written, as its files say it: the text of a Jinja template and the special
// tokens that it may name. Read from chat_template.jinja and additional_chat_templates/, else from
// tokenizer_config.json, as Hugging Face does; what renders it is `chat/`.
import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { readTextFile, readTextIfPresent, TreekvError } from '../core/index.ts';
import { readTokenizerConfig, specialTokenTexts } from './specialTokenTexts.ts';

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
  const config = await readTokenizerConfig(folder);
  const tokens = specialTokenTexts(config);
  const own = join(folder, 'chat_template.jinja');
  const template = await readTextIfPresent(own);
  if (template !== undefined) return { file: own, template, named: await readNamed(folder), tokens };
  const given = config.chat_template;
  if (typeof given === 'string') return { file: configFile, template: given, named: new Map(), tokens };
  const named = namedTemplates(given ?? [], configFile);
  return { file: configFile, template: named.get('default'), named, tokens };
}

/** The templates that lie beside chat_template.jinja, by the name of their file. */
async function readNamed(folder: string): Promise<Map<string, string>> {
  const place = join(folder, 'additional_chat_templates');
  const files = await listOf(place);
  const named = new Map<string, string>();
  for (const file of files.filter((name) => name.endsWith('.jinja')).sort()) {
    named.set(basename(file, '.jinja'), await readTextFile(join(place, file)));
  }
  return named;
}

async function listOf(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') return [];
    throw new TreekvError('BAD_FILE', `${folder} cannot be read as a folder of chat templates: ${message}.`, {
      folder,
    });
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
