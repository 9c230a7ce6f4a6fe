// Reads single fields of a JSON object whose numbers nothing else has checked, and words the errors: a field
// that makes no sense is BAD_FILE, one that asks for what the graph does not compute is UNSUPPORTED. It knows
// no field by name.
import { TreekvError } from '../core/index.ts';

/** A JSON object, its values unchecked. */
export type Json = Readonly<Record<string, unknown>>;

/** The value as an object; `key` names it in the error, without it the whole file. */
export function asObject(json: unknown, file: string, key?: string): Json {
  if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json as Json;
  const what = key === undefined ? 'the file' : key;
  throw new TreekvError('BAD_FILE', `${file}: ${what} must be a JSON object`, { file, key });
}

/** An integer of at least `least`; null counts as absent, as in transformers. @param least @default 1 */
export function count(config: Json, key: string, file: string, fallback?: number, least = 1): number {
  const value = config[key] ?? fallback;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least) return value;
  throw badValue(file, key, value, least === 1 ? 'a positive integer' : `an integer of at least ${least}`);
}

/** A finite number above 0; null counts as absent. */
export function positive(config: Json, key: string, file: string, fallback?: number): number {
  const value = config[key] ?? fallback;
  if (typeof value === 'number' && Number.isFinite(value) && value > 0) return value;
  throw badValue(file, key, value, 'a positive number');
}

/** true or false; null counts as absent. */
export function flag(config: Json, key: string, file: string, fallback: boolean): boolean {
  const value = config[key] ?? fallback;
  if (typeof value === 'boolean') return value;
  throw badValue(file, key, value, 'true or false');
}

/** BAD_FILE: the value of `key` is not what it must be. */
export function badValue(file: string, key: string, value: unknown, wanted: string): TreekvError {
  const found = value === undefined ? 'is absent' : `is ${JSON.stringify(value)}`;
  return new TreekvError('BAD_FILE', `${file}: ${key} ${found}; it must be ${wanted}`, { file, key, value });
}

/** UNSUPPORTED: `hint` says what treekv does instead. */
export function unsupported(file: string, what: string, value: unknown, hint: string): TreekvError {
  const shown = value === undefined ? 'absent' : JSON.stringify(value);
  return new TreekvError('UNSUPPORTED', `${file}: ${what} ${shown} is not supported; ${hint}`, {
    file,
    what,
    value,
  });
}
