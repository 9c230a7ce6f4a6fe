// The methods of Python's str. Texts are counted by characters.
import type { Parameters } from './bindArguments.ts';
import { TemplateRunError } from './errors.ts';
import { isTrue, iterate, numberOf } from './operators.ts';
import {
  capitalize,
  characters,
  isSpace,
  lines,
  lower,
  strip,
  textLength,
  title,
  words,
} from './pythonUnicode.ts';
import { Float, Tuple, typeName, type Value } from './values.ts';

/** A method's parameters, and what it does to its text. */
export type TextMethod = readonly [Parameters, (text: string, ...given: (Value | undefined)[]) => Value];

const justify =
  (place: (missing: number, width: number) => number) =>
  (text: string, width: Value | undefined, fill: Value | undefined = ' '): string => {
    const wide = integer(width);
    const letter = textArgument(fill);
    if (textLength(letter) !== 1)
      throw new TemplateRunError('The fill character must be exactly one character long');
    const missing = Math.max(0, wide - textLength(text));
    const left = place(missing, wide);
    return letter.repeat(left) + text + letter.repeat(missing - left);
  };

/** Python puts the odd one of the missing to the left where the width is odd. */
export const center = justify((missing, width) => (missing >> 1) + (missing & width & 1));

const stripping =
  (left: boolean, right: boolean) =>
  (text: string, among: Value | undefined = null): string =>
    strip(text, among === null ? undefined : textArgument(among), left, right);

const finding =
  (last: boolean, fails: boolean) =>
  (
    text: string,
    part: Value | undefined,
    start: Value | undefined = null,
    end: Value | undefined = null,
  ): number => {
    const [from, within] = partOf(text, start, end);
    const at = last ? within.lastIndexOf(textArgument(part)) : within.indexOf(textArgument(part));
    if (at < 0 && fails) throw new TemplateRunError('substring not found');
    return at < 0 || from < 0 ? -1 : from + textLength(within.slice(0, at));
  };

const edge =
  (matches: (text: string, part: string) => boolean) =>
  (
    text: string,
    parts: Value | undefined,
    start: Value | undefined = null,
    end: Value | undefined = null,
  ): boolean => {
    const [from, within] = partOf(text, start, end);
    const all = parts instanceof Tuple ? parts.items : [parts];
    return from >= 0 && all.some((part) => matches(within, textArgument(part)));
  };

const every =
  (letter: RegExp) =>
  (text: string): boolean =>
    text !== '' && characters(text).every((one) => letter.test(one));

const cased = (wrong: RegExp) => (text: string) => /\p{Cased}/u.test(text) && !wrong.test(text);

/** The methods by name. */
export const textMethods: Readonly<Record<string, TextMethod>> = {
  upper: ['', (text) => text.toUpperCase()],
  lower: ['', lower],
  capitalize: ['', capitalize],
  title: ['', title],
  strip: ['chars? /', stripping(true, true)],
  lstrip: ['chars? /', stripping(true, false)],
  rstrip: ['chars? /', stripping(false, true)],
  split: ['sep? maxsplit?', (text, by = null, most = -1) => split(text, by, integer(most))],
  rsplit: ['sep? maxsplit?', (text, by = null, most = -1) => splitFromEnd(text, by, integer(most))],
  splitlines: ['keepends?', (text, keep = false) => lines(text, isTrue(keep))],
  startswith: ['prefix start? end? /', edge((text, part) => text.startsWith(part))],
  endswith: ['suffix start? end? /', edge((text, part) => text.endsWith(part))],
  replace: [
    'old new count? /',
    (text, old, by, count = -1) => replace(text, textArgument(old), textArgument(by), integer(count)),
  ],
  find: ['sub start? end? /', finding(false, false)],
  rfind: ['sub start? end? /', finding(true, false)],
  index: ['sub start? end? /', finding(false, true)],
  rindex: ['sub start? end? /', finding(true, true)],
  count: [
    'sub /',
    (text, part) => (part === '' ? textLength(text) + 1 : text.split(textArgument(part)).length - 1),
  ],
  join: [
    'iterable /',
    (text, parts = '') => [...iterate(parts)].map((part) => textArgument(part)).join(text),
  ],
  center: ['width fillchar? /', center],
  ljust: ['width fillchar? /', justify(() => 0)],
  rjust: ['width fillchar? /', justify((missing) => missing)],
  zfill: [
    'width /',
    (text, width) => {
      const sign = /^[+-]/.exec(text)?.[0] ?? '';
      return sign + '0'.repeat(Math.max(0, integer(width) - textLength(text))) + text.slice(sign.length);
    },
  ],
  removeprefix: [
    'prefix /',
    (text, part) => (text.startsWith(textArgument(part)) ? text.slice(textArgument(part).length) : text),
  ],
  removesuffix: [
    'suffix /',
    (text, part) =>
      text.endsWith(textArgument(part)) ? text.slice(0, text.length - textArgument(part).length) : text,
  ],
  partition: ['sep /', (text, by) => partition(text, textArgument(by), false)],
  rpartition: ['sep /', (text, by) => partition(text, textArgument(by), true)],
  isalpha: ['', every(/^\p{L}$/u)],
  isalnum: ['', every(/^[\p{L}\p{N}]$/u)],
  isdecimal: ['', every(/^\p{Nd}$/u)],
  // superscripts are digits to Python
  isdigit: ['', every(/^[\p{Nd}\xb2\xb3\xb9\u2070\u2074-\u2079\u2080-\u2089]$/u)],
  isspace: ['', isSpace],
  isascii: ['', (text) => /^[\0-\x7f]*$/.test(text)],
  islower: ['', cased(/[\p{Lu}\p{Lt}]/u)],
  isupper: ['', cased(/[\p{Lowercase}\p{Lt}]/u)],
};

/** `str.replace`; `count` below 0: all. */
export function replace(text: string, old: string, by: string, count: number): string {
  if (old === '') {
    const letters = characters(text);
    const most = count < 0 ? letters.length + 1 : Math.min(count, letters.length + 1);
    return (
      letters.map((letter, i) => (i < most ? by : '') + letter).join('') + (most > letters.length ? by : '')
    );
  }
  const parts = text.split(old);
  const most = count < 0 ? parts.length - 1 : Math.min(count, parts.length - 1);
  return [parts.slice(0, most + 1).join(by), ...parts.slice(most + 1)].join(old);
}

function split(text: string, by: Value, most: number): string[] {
  if (by === null) return words(text, most);
  const parts = text.split(separator(by));
  if (most < 0 || parts.length <= most) return parts;
  return [...parts.slice(0, most), parts.slice(most).join(textArgument(by))];
}

function splitFromEnd(text: string, by: Value, most: number): string[] {
  const backwards = (one: string) => characters(one).reverse().join('');
  const turned = by === null ? null : backwards(separator(by));
  return split(backwards(text), turned, most).map(backwards).reverse();
}

function separator(by: Value): string {
  const text = textArgument(by);
  if (text === '') throw new TemplateRunError('empty separator');
  return text;
}

function partition(text: string, by: string, last: boolean): Tuple {
  if (by === '') throw new TemplateRunError('empty separator');
  const at = last ? text.lastIndexOf(by) : text.indexOf(by);
  if (at < 0) return new Tuple(last ? ['', '', text] : [text, '', '']);
  return new Tuple([text.slice(0, at), by, text.slice(at + by.length)]);
}

/** The part of a text between two places, and where it begins; -1 where it cannot. */
function partOf(text: string, start: Value, end: Value): readonly [number, string] {
  if (start === null && end === null) return [0, text];
  const letters = characters(text);
  const place = (bound: Value, otherwise: number) => {
    if (bound === null) return otherwise;
    const at = integer(bound);
    return at < 0 ? Math.max(0, at + letters.length) : at;
  };
  const from = place(start, 0);
  const to = place(end, letters.length);
  return from > letters.length || from > to ? [-1, ''] : [from, letters.slice(from, to).join('')];
}

/** An argument that must be a text. */
export function textArgument(value: Value | undefined): string {
  if (typeof value === 'string') return value;
  throw new TemplateRunError(`a text is needed, not ${typeName(value ?? null)}`);
}

/** An argument that must be a whole number. */
export function integer(value: Value | undefined): number {
  const number = value === undefined || value instanceof Float ? undefined : numberOf(value);
  if (number !== undefined) return number;
  throw new TemplateRunError(`'${typeName(value ?? null)}' object cannot be interpreted as an integer`);
}
