// From what a user calls a model to the folder that holds it: the name of the embedded model, or a path.
import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { packageRoot, TreekvError } from '../core/index.ts';

/** The model that comes with the package. */
export const embeddedModel = 'books-27m-4k';

/** The folder of a model. Throws FILE_NOT_FOUND. */
export async function resolveModel(model: string = embeddedModel): Promise<string> {
  const folder = resolve(model);
  const found = await stat(folder).catch(() => undefined);
  if (found?.isDirectory()) return folder;
  if (model === embeddedModel) return join(packageRoot(), 'models', embeddedModel);
  const what = found === undefined ? 'does not exist' : 'is a file';
  throw new TreekvError(
    'FILE_NOT_FOUND',
    `${folder} ${what}. Give the folder of a Hugging Face model (config.json, model.safetensors, ` +
      `tokenizer.json), or '${embeddedModel}' for the model that comes with treekv.`,
    { model, folder },
  );
}
