// Jinja's filters and tests, as templates of chats use them. One that is not here is refused by name.
import { toJson } from './pythonJson.ts';
import { capitalize, replace, strip, titleWords } from './pythonText.ts';
import {
  type Arguments,
  Callable,
  compare,
  Float,
  Generator,
  isEqual,
  isTrue,
  itemsOf,
  numberOf,
  Tuple,
  textOf,
  typeName,
  Undefined,
  type Value,
  View,
  whole,
} from './pythonValues.ts';
import { Given } from './templateArguments.ts';
import { contains, memberOf, sorted } from './templateMethods.ts';

type Filter = (value: Value, given: Given) => Value;
type Test = (value: Value, other: Value) => boolean;

const filters: Readonly<Record<string, Filter>> = {
  tojson: (value, given) => {
    const ensureAscii = given.flag('ensure_ascii', false);
    const indent = given.whole('indent', null);
    const separators = given.any('separators') ?? null;
    const [between, colon] =
      separators === null ? [indent === null ? ', ' : ',', ': '] : itemsOf(separators).map(textOf);
    return toJson(value, { ensureAscii, indent, between, colon, sortKeys: given.flag('sort_keys', false) });
  },
  trim: (value, given) => strip(textOf(value), given.text('chars', null)),
  upper: (value) => textOf(value).toUpperCase(),
  lower: (value) => textOf(value).toLowerCase(),
  capitalize: (value) => capitalize(textOf(value)),
  title: (value) => titleWords(textOf(value)),
  string: (value) => textOf(value),
  replace: (value, given) =>
    replace(
      textOf(value),
      textOf(given.any('old') ?? null),
      textOf(given.any('new') ?? null),
      given.whole('count', -1),
    ),
  indent: (value, given) => {
    const width = given.any('width') ?? 4;
    const pad = typeof width === 'string' ? width : ' '.repeat(numberOf(width) ?? 4);
    const first = given.flag('first', false);
    const blank = given.flag('blank', false);
    const lines = textOf(value).split('\n');
    return lines.map((line, i) => ((i === 0 ? first : blank || line !== '') ? pad + line : line)).join('\n');
  },
  default: (value, given) => {
    const otherwise = given.any('default_value') ?? '';
    const asks = given.flag('boolean', false);
    return value instanceof Undefined || (asks && !isTrue(value)) ? otherwise : value;
  },
  length: (value) => {
    if (value instanceof Map) return value.size;
    if (value instanceof Undefined) return 0;
    if (typeof value === 'string' || Array.isArray(value)) return itemsOf(value).length;
    throw new TypeError(`${typeName(value)} has no length`);
  },
  list: (value) => [...itemsOf(value)],
  first: (value) => (value instanceof Generator ? value.take(1) : itemsOf(value))[0] ?? missing('first'),
  last: (value) => {
    if (value instanceof Generator) throw new TypeError('a generator has no last value');
    return itemsOf(value).at(-1) ?? missing('last');
  },
  reverse: (value) => {
    const back = [...itemsOf(value)].reverse();
    return typeof value === 'string' ? back.join('') : new Generator(back);
  },
  join: (value, given) => {
    const separator = textOf(given.any('d') ?? '');
    const get = attribute(given.any('attribute'));
    return itemsOf(value)
      .map((one) => textOf(get(one)))
      .join(separator);
  },
  sort: (value, given) => {
    const reverse = given.flag('reverse', false);
    const fold = folding(given.flag('case_sensitive', false));
    const get = attribute(given.any('attribute'));
    return sorted(itemsOf(value), (one) => fold(get(one)), reverse);
  },
  unique: (value, given) => {
    const fold = folding(given.flag('case_sensitive', false));
    const get = attribute(given.any('attribute'));
    const seen: Value[] = [];
    return new Generator(
      itemsOf(value).filter((one) => {
        const key = fold(get(one));
        return !seen.some((other) => isEqual(other, key)) && seen.push(key) > 0;
      }),
    );
  },
  dictsort: (value, given) => {
    const fold = folding(given.flag('case_sensitive', false));
    const at = given.text('by', 'key') === 'key' ? 0 : 1;
    const pairs = [...dictionary(value)].map(([key, one]) => Tuple.of(key, one));
    return sorted(pairs, (pair) => fold((pair as readonly Value[])[at]), given.flag('reverse', false));
  },
  items: (value) => {
    if (value instanceof Undefined) return new Generator([]);
    return new Generator([...dictionary(value)].map(([key, one]) => Tuple.of(key, one)));
  },
  abs: (value) => (value instanceof Float ? new Float(Math.abs(value.value)) : Math.abs(numeric(value))),
  int: (value, given) => {
    const otherwise = given.whole('default', 0);
    if (typeof value === 'string') {
      const text = strip(value, null);
      if (/^[+-]?\d+$/.test(text)) return whole(Number(text));
      return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? whole(Math.trunc(Number(text))) : otherwise;
    }
    const number = numberOf(value);
    return number === undefined || !Number.isFinite(number) ? otherwise : whole(Math.trunc(number));
  },
  float: (value, given) => {
    const otherwise = given.any('default') ?? new Float(0);
    if (typeof value !== 'string') {
      const number = numberOf(value);
      return number === undefined ? otherwise : new Float(number);
    }
    const text = strip(value, null);
    return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? new Float(Number(text)) : otherwise;
  },
  sum: (value, given) => {
    const get = attribute(given.any('attribute'));
    const parts = itemsOf(value).map(get);
    const total = parts.reduce<number>((sum, one) => sum + numeric(one), given.whole('start', 0));
    return parts.some((one) => one instanceof Float) ? new Float(total) : whole(total);
  },
};

const names: Readonly<Record<string, string>> = { d: 'default', count: 'length' };

const tests: Readonly<Record<string, Test>> = {
  defined: (value) => !(value instanceof Undefined),
  undefined: (value) => value instanceof Undefined,
  none: (value) => value === null,
  boolean: (value) => typeof value === 'boolean',
  true: (value) => value === true,
  false: (value) => value === false,
  string: (value) => typeof value === 'string',
  number: (value) => numberOf(value) !== undefined,
  integer: (value) => typeof value === 'number',
  float: (value) => value instanceof Float,
  mapping: (value) => value instanceof Map,
  iterable: (value) =>
    typeof value === 'string' ||
    Array.isArray(value) ||
    value instanceof Map ||
    value instanceof Generator ||
    value instanceof Undefined,
  sequence: (value) => {
    if (value instanceof View) throw new TypeError('whether a view is a sequence is not supported');
    return (
      typeof value === 'string' || Array.isArray(value) || value instanceof Map || value instanceof Undefined
    );
  },
  // what is undefined can be called in Python, and then fails
  callable: (value) => value instanceof Callable || value instanceof Undefined,
  odd: (value) => Math.abs(numeric(value) % 2) === 1,
  even: (value) => numeric(value) % 2 === 0,
  lower: (value) => cased(textOf(value)) && textOf(value) === textOf(value).toLowerCase(),
  upper: (value) => cased(textOf(value)) && textOf(value) === textOf(value).toUpperCase(),
  divisibleby: (value, other) => numeric(value) % numeric(other) === 0,
  equalto: isEqual,
  ne: (value, other) => !isEqual(value, other),
  gt: (value, other) => compare(value, other) > 0,
  ge: (value, other) => compare(value, other) >= 0,
  lt: (value, other) => compare(value, other) < 0,
  le: (value, other) => compare(value, other) <= 0,
  in: (value, other) => contains(other, value),
};

const signs: Readonly<Record<string, string>> = {
  ...{ eq: 'equalto', '==': 'equalto', '!=': 'ne', '>': 'gt', greaterthan: 'gt', '>=': 'ge' },
  ...{ '<': 'lt', lessthan: 'lt', '<=': 'le' },
};

/** A value through a filter. Throws for one that is not here. */
export function applyFilter(name: string, value: Value, given: Arguments): Value {
  const own = names[name] ?? name;
  if (['map', 'select', 'reject', 'selectattr', 'rejectattr'].includes(own))
    return through(own, value, given);
  if (!Object.hasOwn(filters, own)) throw new TypeError(`the filter ${name} is not supported`);
  const all = new Given(`the filter ${name}`, given);
  const result = filters[own](value, all);
  all.finish();
  return result;
}

/** Whether a test holds. Throws for one that is not here. */
export function applyTest(name: string, value: Value, others: readonly Value[]): boolean {
  const own = signs[name] ?? name;
  if (!Object.hasOwn(tests, own)) throw new TypeError(`the test ${name} is not supported`);
  if (others.length !== Math.max(0, tests[own].length - 1)) {
    throw new TypeError(`the test ${name} takes ${tests[own].length - 1} arguments`);
  }
  return tests[own](value, others[0] ?? null);
}

/** The filters that put each value of a series through a filter or a test. */
function through(kind: string, value: Value, { positional, named }: Arguments): Generator {
  const items = itemsOf(value);
  if (kind === 'map' && positional.length === 0) {
    const given = new Given('the filter map', { positional, named });
    const get = attribute(given.any('attribute'), given.any('default'));
    given.finish();
    return new Generator(items.map(get));
  }
  const [name, ...rest] = positional;
  if (kind === 'map') {
    return new Generator(items.map((one) => applyFilter(textOf(name), one, { positional: rest, named })));
  }
  if (named.size > 0) throw new TypeError(`the filter ${kind} takes no names`);
  const by = kind.endsWith('attr');
  const get = by ? attribute(name) : (one: Value) => one;
  const [test, ...others] = by ? rest : positional;
  const holds = (one: Value): boolean => {
    return test === undefined ? isTrue(get(one)) : applyTest(textOf(test), get(one), others);
  };
  return new Generator(items.filter((one) => holds(one) === kind.startsWith('select')));
}

/** What `attribute` asks of a value: itself, or members of members behind dots. */
function attribute(name: Value | undefined, otherwise?: Value): (value: Value) => Value {
  if (name === undefined || name === null) return (value) => value;
  const path = typeof name === 'string' ? name.split('.') : [name];
  return (value) =>
    path.reduce<Value>((part, key) => {
      const at = typeof key === 'string' && /^\d+$/.test(key) ? Number(key) : key;
      const found = memberOf(part, at, false);
      return found instanceof Undefined && otherwise !== undefined ? otherwise : found;
    }, value);
}

function folding(caseSensitive: boolean): (value: Value) => Value {
  return (value) => (!caseSensitive && typeof value === 'string' ? value.toLowerCase() : value);
}

function dictionary(value: Value): ReadonlyMap<string, Value> {
  if (value instanceof Map) return value as ReadonlyMap<string, Value>;
  throw new TypeError(`${typeName(value)} is no dict`);
}

function numeric(value: Value): number {
  const number = numberOf(value);
  if (number === undefined) throw new TypeError(`${typeName(value)} is no number`);
  return number;
}

function cased(text: string): boolean {
  return text.toLowerCase() !== text.toUpperCase();
}

function missing(name: string): Undefined {
  return new Undefined(name);
}
