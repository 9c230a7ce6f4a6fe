// From the words of a command line to values. A word that is not what the option takes is a usage error that
// says what it takes; ranges are the library's to check.
import { InvalidArgumentError } from 'commander';

/** `7`, `-3`. */
export function parseInteger(word: string): number {
  const value = Number(word);
  if (/^[+-]?\d+$/.test(word) && Number.isSafeInteger(value)) return value;
  throw new InvalidArgumentError('It must be an integer.');
}

/** `0.8`, `1e-3`. */
export function parseNumber(word: string): number {
  const value = Number(word);
  if (word.trim() !== '' && Number.isFinite(value)) return value;
  throw new InvalidArgumentError('It must be a number.');
}

/** `a,b,c`. */
export function parseList(word: string): string[] {
  const items = word.split(',').map((item) => item.trim());
  if (items.every((item) => item !== '')) return items;
  throw new InvalidArgumentError('It must be a list separated by commas, such as a,b,c.');
}

/** `2,32000`. */
export function parseIntegers(word: string): number[] {
  return parseList(word).map(parseInteger);
}

const units: Readonly<Record<string, number>> = { '': 1, k: 1024, m: 1024 * 1024 };

/** A number of tokens: `4096`, `128k` (k = 1024), `1m` (m = 1024 k). */
export function parseLength(word: string): number {
  const [, digits, unit] = /^(\d+(?:\.\d+)?)([km]?)$/i.exec(word) ?? [];
  const value = Number(digits) * (units[unit?.toLowerCase()] ?? Number.NaN);
  if (Number.isSafeInteger(value) && value >= 1) return value;
  throw new InvalidArgumentError(`'${word}' is no length. Write 4096, 128k (k = 1024) or 1m (m = 1024 k).`);
}

/** `4096,64k`. */
export function parseLengths(word: string): number[] {
  return parseList(word).map(parseLength);
}

/** For an option that may be given several times. */
export function collect(word: string, earlier: readonly string[] = []): string[] {
  return [...earlier, word];
}
