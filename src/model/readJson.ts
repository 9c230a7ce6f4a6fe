// Reads a JSON object from a model folder, with errors that name the file.
import { readFile } from 'node:fs/promises';
import { TreekvError } from '../core/index.ts';

/** A parsed JSON object. */
export type JsonObject = Readonly<Record<string, unknown>>;

/**
 * The object in a file. Throws BAD_FILE if it is not one, and, given a `remedy`, FILE_NOT_FOUND if the file
 * is absent; without a remedy an absent file is undefined.
 */
export async function readJson(file: string): Promise<JsonObject | undefined>;
export async function readJson(file: string, remedy: string): Promise<JsonObject>;
export async function readJson(file: string, remedy?: string): Promise<JsonObject | undefined> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause;
    if (remedy === undefined) return undefined;
    throw new TreekvError('FILE_NOT_FOUND', `${file} does not exist. ${remedy}`, { file }, { cause });
  }
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject;
  } catch (cause) {
    throw new TreekvError('BAD_FILE', `${file} is not JSON. Download it again.`, { file }, { cause });
  }
  throw new TreekvError('BAD_FILE', `${file} holds no JSON object. Download it again.`, { file });
}
