// From what a user calls a model to the folder or .gguf file that holds it: a path, the name of the embedded
// model, or the name of a model on a hub, which is downloaded if it is not at hand. A path that exists wins.
import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { packageRoot, TreekvError } from '../core/index.ts';
import { type PullOptions, parseModelId, pull } from '../hub/index.ts';

/** The model that comes with the package. */
export const embeddedModel = 'books-27m-4k';

/**
 * The folder or file of a model. The options are those of `pull`. Throws FILE_NOT_FOUND for what is neither a path
 * nor a model of a hub, BAD_OPTION for a revision of a path, and for a hub what `pull` throws.
 */
export async function resolveModel(
  model: string = embeddedModel,
  options: PullOptions = {},
): Promise<string> {
  const path = resolve(model);
  const found = await stat(path).catch(() => undefined);
  const local = found?.isDirectory() || (found?.isFile() && /\.gguf$/i.test(path)) ? path : undefined;
  const here = local ?? (model === embeddedModel ? join(packageRoot(), 'models', embeddedModel) : undefined);
  if (here !== undefined) {
    if (options.revision === undefined) return here;
    const message = `Option 'revision' applies to models of a hub; ${here} has no revisions. Leave it out.`;
    throw new TreekvError('BAD_OPTION', message, { option: 'revision', model });
  }
  if (found !== undefined) throw unknown(model, path, 'is a file, and not a .gguf file');
  const fault = faultOfId(model);
  if (fault !== undefined) throw unknown(model, path, 'does not exist', fault);
  try {
    return (await pull(model, options)).path;
  } catch (error) {
    if (!(error instanceof TreekvError) || error.code !== 'FILE_NOT_FOUND') throw error;
    // whoever mistyped a path would not look for it on a hub
    const message = `${path} does not exist, and as a model of a hub: ${error.message}`;
    throw new TreekvError('FILE_NOT_FOUND', message, { ...error.details, model, path }, { cause: error });
  }
}

/** Why a name is not asked for on a hub; undefined if it is. Most that are no ids are mistyped paths. */
function faultOfId(model: string): string | undefined {
  try {
    const { repository } = parseModelId(model);
    if (model.startsWith('hf:') || !/\.(gguf|safetensors|json)$/i.test(repository)) return undefined;
    return `If it is no file but a model of a hub, write hf:${model}. `;
  } catch (error) {
    if (!(error instanceof TreekvError)) throw error;
    return model.startsWith('hf:') ? `${error.message} ` : '';
  }
}

function unknown(model: string, path: string, what: string, fault = ''): TreekvError {
  return new TreekvError(
    'FILE_NOT_FOUND',
    `${path} ${what}. ${fault}Give the folder of a Hugging Face model (config.json, model.safetensors, ` +
      'tokenizer.json), a .gguf file, the name of a model on a hub (org/name, org/name@revision, ' +
      `org/name/file.gguf), or '${embeddedModel}' for the model that comes with treekv.`,
    { model, path },
  );
}
