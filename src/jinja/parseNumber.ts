// Numbers out of values, as Python's int() and float() read them for the filters of these names.
import { whole } from './arithmetic.ts';
import { notHere } from './errors.ts';
import { numberOf } from './operators.ts';
import { strip } from './pythonUnicode.ts';
import { Float, Undefined, type Value } from './values.ts';

const floatText =
  /^[+-]?(?:(?:\d+(?:_\d+)*)(?:\.(?:\d+(?:_\d+)*)?)?|\.\d+(?:_\d+)*)(?:e[+-]?\d+(?:_\d+)*)?$/i;
const special = /^([+-]?)(inf|infinity|nan)$/i;

/** The number that a value is read as, undefined where it is none. Throws TemplateRunError for what is not there. */
export function toNumber(value: Value, kind: 'int' | 'float', base = 10): Value | undefined {
  if (value instanceof Undefined) throw value.error();
  if (typeof value !== 'string') {
    const number = numberOf(value);
    if (number === undefined) return undefined;
    if (kind === 'float') return new Float(number);
    return Number.isFinite(number) ? whole(Math.trunc(number)) : undefined;
  }
  if (kind === 'float') {
    const number = floatOf(value);
    return number === undefined ? undefined : new Float(number);
  }
  if (base < 2 || base > 36) throw notHere(`The base ${base} of int`);
  const integer = integerOf(value, base);
  if (integer !== undefined) return whole(integer);
  const number = floatOf(value);
  return number === undefined || !Number.isFinite(number) ? undefined : whole(Math.trunc(number));
}

function floatOf(text: string): number | undefined {
  const word = strip(text, undefined, true, true);
  if (floatText.test(word)) return Number(word.replaceAll('_', ''));
  const [, sign, name] = special.exec(word) ?? [];
  if (name === undefined) return undefined;
  if (name.toLowerCase() === 'nan') return Number.NaN;
  return sign === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}

function integerOf(text: string, base: number): number | undefined {
  const word = strip(text, undefined, true, true).toLowerCase();
  const prefixes: Readonly<Record<number, string>> = { 2: '0b', 8: '0o', 16: '0x' };
  const sign = /^[+-]/.exec(word)?.[0] ?? '';
  const digits = word.slice(sign.length);
  const bare = digits.startsWith(prefixes[base] ?? '#') ? digits.slice(2).replace(/^_/, '') : digits;
  const letters = '0123456789abcdefghijklmnopqrstuvwxyz'.slice(0, base);
  if (!new RegExp(`^[${letters}]+(?:_[${letters}]+)*$`).test(bare)) return undefined;
  return Number.parseInt(sign + bare.replaceAll('_', ''), base);
}
