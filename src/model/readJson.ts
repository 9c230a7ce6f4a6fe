// Reads a JSON object from a model folder, with errors that name the file.
import { readTextFile, readTextIfPresent, TreekvError } from '../core/index.ts';

/** A parsed JSON object. */
export type JsonObject = Readonly<Record<string, unknown>>;

/**
 * The object in a file. Throws BAD_FILE if it is not one, and, given a `remedy`, FILE_NOT_FOUND if the file
 * is absent; without a remedy an absent file is undefined.
 */
export async function readJson(file: string): Promise<JsonObject | undefined>;
export async function readJson(file: string, remedy: string): Promise<JsonObject>;
export async function readJson(file: string, remedy?: string): Promise<JsonObject | undefined> {
  const absent = `${file} does not exist. ${remedy}`;
  const text = await (remedy === undefined ? readTextIfPresent(file) : readTextFile(file, absent));
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject;
  } catch (cause) {
    throw new TreekvError('BAD_FILE', `${file} is not JSON. Download it again.`, { file }, { cause });
  }
  throw new TreekvError('BAD_FILE', `${file} holds no JSON object. Download it again.`, { file });
}
