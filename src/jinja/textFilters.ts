// jinja2's filters for texts and numbers. Each gets its arguments in the order of its parameters.
import type { Parameters } from './bindArguments.ts';
import { TemplateRunError } from './errors.ts';
import { isTrue, lengthOf, numberOf } from './operators.ts';
import { toNumber } from './parseNumber.ts';
import { percentFormat } from './percentFormat.ts';
import { textOf } from './pythonText.ts';
import { capitalize, lines, lower, spaces, strip } from './pythonUnicode.ts';
import { roundNumber } from './roundNumber.ts';
import { center, integer, replace, textArgument } from './textMethods.ts';
import { toJson } from './toJson.ts';
import { Float, isList, Tuple, typeName, Undefined, type Value } from './values.ts';

/** A filter's parameters, and what it makes of its value. */
export type Filter = readonly [Parameters, (value: Value, ...given: (Value | undefined)[]) => Value];

/** The filters by name. */
export const textFilters: Readonly<Record<string, Filter>> = {
  abs: ['', absolute],
  capitalize: ['', (value) => capitalize(textOf(value))],
  center: ['width?', (value, width = 80) => center(textOf(value), width, ' ')],
  default: ['default_value? boolean?', orDefault],
  d: ['default_value? boolean?', orDefault],
  float: ['default?', (value, otherwise = new Float(0)) => toNumber(value, 'float') ?? otherwise],
  int: [
    'default? base?',
    (value, otherwise = 0, base = 10) => toNumber(value, 'int', integer(base)) ?? otherwise,
  ],
  format: [
    '*args',
    (value, ...given) => percentFormat(textOf(value), new Tuple(given.map((one) => one ?? null))),
  ],
  indent: ['width? first? blank?', indent],
  lower: ['', (value) => lower(textOf(value))],
  upper: ['', (value) => textOf(value).toUpperCase()],
  replace: ['old new count?', replaced],
  round: [
    'precision? method?',
    (value, precision = 0, method = 'common') => roundNumber(value, precision, method),
  ],
  string: ['', textOf],
  title: ['', (value) => titled(textOf(value))],
  trim: [
    'chars?',
    (value, among = null) =>
      strip(textOf(value), among === null ? undefined : textArgument(among), true, true),
  ],
  truncate: ['length? killwords? end? leeway?', truncate],
  tojson: ['ensure_ascii? indent? separators? sort_keys?', json],
};

function orDefault(value: Value, otherwise: Value = '', falsy: Value = false): Value {
  return value instanceof Undefined || (isTrue(falsy) && !isTrue(value)) ? otherwise : value;
}

function absolute(value: Value): Value {
  if (value instanceof Undefined) throw value.error();
  const number = numberOf(value);
  if (number === undefined) throw new TemplateRunError(`bad operand type for abs(): '${typeName(value)}'`);
  return value instanceof Float ? new Float(Math.abs(number)) : Math.abs(number);
}

function replaced(value: Value, old: Value = null, by: Value = null, count: Value = null): string {
  return replace(textOf(value), textOf(old), textOf(by), count === null ? -1 : integer(count));
}

function indent(value: Value, width: Value = 4, first: Value = false, blank: Value = false): string {
  const before = typeof width === 'string' ? width : ' '.repeat(Math.max(0, integer(width)));
  const [top = '', ...rest] = lines(`${textArgument(value)}\n`);
  const below = rest.map((line) => (line === '' && !isTrue(blank) ? line : before + line));
  return (isTrue(first) ? before : '') + [top, ...below].join('\n');
}

const wordStart = new RegExp(`([-${spaces}({[<]+)`);

function titled(text: string): string {
  return text
    .split(wordStart)
    .map((part) => {
      const [letter = '', ...rest] = part;
      return capitalize(letter) + lower(rest.join(''));
    })
    .join('');
}

function truncate(
  value: Value,
  length: Value = 255,
  kill: Value = false,
  end: Value = '...',
  leeway: Value = 5,
): Value {
  const [most, slack] = [integer(length), integer(leeway ?? 5)];
  const last = textArgument(end);
  if (most < lengthOf(last)) throw new TemplateRunError(`expected length >= ${lengthOf(last)}, got ${most}`);
  if (lengthOf(value) <= most + slack) return value;
  const kept = [...textArgument(value)].slice(0, most - lengthOf(last)).join('');
  if (isTrue(kill)) return kept + last;
  const at = kept.lastIndexOf(' ');
  return (at < 0 ? kept : kept.slice(0, at)) + last;
}

function json(
  value: Value,
  ascii: Value = false,
  width: Value = null,
  separators: Value = null,
  sorted: Value = false,
): string {
  const step =
    width === null ? undefined : typeof width === 'string' ? width : ' '.repeat(Math.max(0, integer(width)));
  return toJson(value, {
    ascii: isTrue(ascii),
    indent: step,
    separators: separators === null ? [step === undefined ? ', ' : ',', ': '] : pair(separators),
    sorted: isTrue(sorted),
  });
}

function pair(value: Value): readonly [string, string] {
  const items = isList(value) ? value : value instanceof Tuple ? value.items : [];
  if (items.length !== 2) throw new TemplateRunError('separators must be two texts');
  return [textArgument(items[0]), textArgument(items[1])];
}
