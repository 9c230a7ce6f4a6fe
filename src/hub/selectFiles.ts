// Which files of a repository make a model that treekv can run: the config, the tokenizer and safetensors, or
// one .gguf file. The same choice is made from the hub's listing and from a folder of the cache.
import { basename } from 'node:path/posix';
import { TreekvError } from '../core/index.ts';
import type { ModelId } from './modelId.ts';

/** The files of a model. */
export interface Selection {
  /** The .gguf file that is the model; undefined if the folder is. */
  readonly gguf?: string;
  /** What to have, as far as it is there; the shards of an index come on top. */
  readonly files: readonly string[];
  /** The index that names the shards of the weights. */
  readonly index?: string;
  /** What a model cannot do without and is not there. */
  readonly missing: readonly string[];
}

const required = ['config.json', 'tokenizer.json'];
const optional = [
  'generation_config.json',
  'tokenizer_config.json',
  'chat_template.jinja',
  'special_tokens_map.json',
];
const single = 'model.safetensors';
const indexFile = `${single}.index.json`;
/** Weights as PyTorch, TensorFlow and Flax write them. */
const pickled =
  /^(pytorch_model|tf_model|flax_model|consolidated|model)[^/]*\.(bin|pt|pth|ckpt|h5|msgpack)$/i;

/**
 * Chooses among the paths of a repository. Throws FILE_NOT_FOUND or BAD_OPTION if the .gguf file meant is not
 * there or not clear, UNSUPPORTED for weights that treekv does not read.
 */
export function selectFiles(paths: readonly string[], id: ModelId): Selection {
  const there = new Set(paths);
  const ggufs = paths.filter((path) => /\.gguf$/i.test(path)).sort();
  const folder = there.has(single) || there.has(indexFile);
  if (id.file !== undefined || id.quant !== undefined || (!folder && ggufs.length > 0)) {
    const gguf = selectGguf(ggufs, id);
    return { gguf, files: [gguf], missing: [] };
  }
  const pickles = paths.filter((path) => pickled.test(path));
  if (!folder && pickles.length > 0) throw onlyPickles(id, pickles);
  const weights = there.has(single) ? single : indexFile;
  const missing = [...required, ...(folder ? [] : [single])].filter((file) => !there.has(file));
  const files = [...required, ...optional, weights].filter((file) => there.has(file));
  return { files, missing, ...(weights === indexFile && folder && { index: indexFile }) };
}

/** The shards that an index names. Throws BAD_FILE. @param text what the index holds */
export function shardsOf(text: string, file: string): readonly string[] {
  const names = new Set<unknown>(Object.values(weightMap(text, file)));
  for (const name of names) {
    // an index from elsewhere must not reach out of its folder
    if (typeof name !== 'string' || basename(name) !== name || /^\.\.?$|\\/.test(name)) {
      throw badIndex(file, `puts weights into ${JSON.stringify(name)}`);
    }
  }
  if (names.size === 0) throw badIndex(file, 'names no shards');
  return ([...names] as string[]).sort();
}

function weightMap(text: string, file: string): object {
  try {
    const map: unknown = JSON.parse(text)?.weight_map;
    if (typeof map === 'object' && map !== null) return map;
  } catch {
    throw badIndex(file, 'is not JSON');
  }
  throw badIndex(file, 'has no weight_map');
}

function badIndex(file: string, why: string): TreekvError {
  return new TreekvError('BAD_FILE', `${file} ${why}; the model is damaged where it was published.`, {
    file,
  });
}

function selectGguf(ggufs: readonly string[], { repository, file, quant }: ModelId): string {
  const meant = ggufs.filter((path) =>
    file === undefined ? quant === undefined || hasWord(basename(path), quant) : path === file,
  );
  const details = { repository, file, quant, ggufs };
  if (meant.length === 1) {
    if (!/-\d{5}-of-\d{5}\.gguf$/i.test(meant[0])) return meant[0];
    const message = `${meant[0]} of ${repository} is one part of a split file, which treekv does not read; choose a file in one part.`;
    throw new TreekvError('UNSUPPORTED', message, details);
  }
  const list = ggufs.length === 0 ? 'It has no .gguf files.' : `Its .gguf files:\n${lines(ggufs)}`;
  if (meant.length === 0) {
    const what = file ?? `.gguf file for '${quant}'`;
    throw new TreekvError('FILE_NOT_FOUND', `${repository} has no ${what}. ${list}`, details);
  }
  const which = quant === undefined ? `has ${meant.length} .gguf files` : `has several for '${quant}'`;
  throw new TreekvError(
    'BAD_OPTION',
    `${repository} ${which}; name one, as in ${repository}/${meant[0]}:\n${lines(meant)}`,
    details,
  );
}

/** Whether a name has a word that no letter or digit runs on: `F16` is not in `BF16`. */
function hasWord(name: string, word: string): boolean {
  const escaped = word.replace(/[.-]/g, '\\$&');
  return new RegExp(`(?<![a-z0-9])${escaped}(?![a-z0-9])`, 'i').test(name);
}

function lines(paths: readonly string[]): string {
  return paths.map((path) => `  ${path}`).join('\n');
}

function onlyPickles({ repository }: ModelId, pickles: readonly string[]): TreekvError {
  return new TreekvError(
    'UNSUPPORTED',
    `${repository} has its weights as ${basename(pickles[0])} only, which can run code when opened; treekv reads ` +
      'safetensors and .gguf. Look for another copy of the model, or convert it with transformers: ' +
      'save_pretrained(folder, safe_serialization=True).',
    { repository, files: pickles },
  );
}
