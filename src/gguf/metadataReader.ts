// Metadata values by key and kind. A value of another kind is BAD_FILE with the key and what was found; whether
// a key may be absent is the caller's to say.
import { TreekvError } from '../core/index.ts';
import type { GgufMetadata, GgufNumbers, GgufValue } from './gguf.ts';

/** Reads the metadata of one file. */
export class MetadataReader {
  readonly metadata: GgufMetadata;
  readonly file: string;

  constructor(metadata: GgufMetadata, file: string) {
    this.metadata = metadata;
    this.file = file;
  }

  /** A text, or undefined where the key is absent. */
  text(key: string): string | undefined {
    return this.read(key, 'a text', (value) => typeof value === 'string');
  }

  /** True or false, or undefined where the key is absent. */
  flag(key: string): boolean | undefined {
    return this.read(key, 'true or false', (value) => typeof value === 'boolean');
  }

  /** A finite number, or undefined where the key is absent. */
  number(key: string): number | undefined {
    return this.read(key, 'a number', (value) => typeof value === 'number' && Number.isFinite(value));
  }

  /** A whole number from 0, or undefined where the key is absent. */
  count(key: string): number | undefined {
    return this.read(
      key,
      'a whole number',
      (value) => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0,
    );
  }

  /** A list of texts, or undefined where the key is absent. */
  texts(key: string): readonly string[] | undefined {
    return this.read(key, 'a list of texts', (value) => Array.isArray(value));
  }

  /** A list of numbers, or undefined where the key is absent. */
  numbers(key: string): GgufNumbers | undefined {
    return this.read(key, 'a list of numbers', (value) => ArrayBuffer.isView(value));
  }

  /** A value that was read under `key`; BAD_FILE if the key is absent. */
  required<T>(key: string, value: T | undefined): T {
    if (value !== undefined) return value;
    throw this.bad(`${key} is absent, and the model cannot be read without it`, { key });
  }

  /** BAD_FILE for this file. */
  bad(problem: string, details: Readonly<Record<string, unknown>>): TreekvError {
    return new TreekvError('BAD_FILE', `${this.file}: ${problem}. Download or convert the file again.`, {
      file: this.file,
      ...details,
    });
  }

  /** UNSUPPORTED for this file. */
  unsupported(problem: string, details: Readonly<Record<string, unknown>>): TreekvError {
    return new TreekvError('UNSUPPORTED', `${this.file}: ${problem}`, { file: this.file, ...details });
  }

  private read<T>(key: string, wanted: string, fits: (value: unknown) => boolean): T | undefined {
    const value = this.metadata.get(key);
    if (value === undefined || fits(value)) return value as T | undefined;
    throw this.bad(`${key} is ${shown(value)}; it must be ${wanted}`, { key });
  }
}

function shown(value: GgufValue): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value !== 'object') return String(value);
  return `a list of ${value.length} ${Array.isArray(value) ? 'texts' : 'numbers'}`;
}
