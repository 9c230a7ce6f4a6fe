// jinja2's filters for lists, dicts and the like. As in Python some give their items one by one, and once only.
import { calculate } from './arithmetic.ts';
import { item } from './attributes.ts';
import { TemplateRunError } from './errors.ts';
import { pairsOf } from './methods.ts';
import { compareValues, isTrue, iterate, lengthOf } from './operators.ts';
import { textOf } from './pythonText.ts';
import { characters, lower } from './pythonUnicode.ts';
import type { Filter } from './textFilters.ts';
import { integer } from './textMethods.ts';
import {
  Dict,
  hashOf,
  isList,
  Range,
  Stream,
  Tuple,
  typeName,
  Undefined,
  type Value,
  View,
} from './values.ts';

/** The filters by name. */
export const sequenceFilters: Readonly<Record<string, Filter>> = {
  batch: [
    'linecount fill_with?',
    (value, count, fill = null) => new Stream(batches(value, integer(count), fill)),
  ],
  count: ['', lengthOf],
  dictsort: ['case_sensitive? by? reverse?', dictSort],
  first: ['', (value) => firstOf(iterate(value), 'No first item, sequence was empty.')],
  items: ['', itemsOf],
  join: ['d? attribute?', join],
  last: ['', (value) => firstOf(reversed(value), 'No last item, sequence was empty.')],
  length: ['', lengthOf],
  list: ['', (value) => [...iterate(value)]],
  max: ['case_sensitive? attribute?', (value, exact, by) => extreme(value, exact, by, 1)],
  min: ['case_sensitive? attribute?', (value, exact, by) => extreme(value, exact, by, -1)],
  reverse: [
    '',
    (value) => (typeof value === 'string' ? characters(value).reverse().join('') : reversedStream(value)),
  ],
  slice: [
    'slices fill_with?',
    (value, count, fill = null) => new Stream(slices(value, integer(count), fill)),
  ],
  sort: ['reverse? case_sensitive? attribute?', sort],
  sum: ['attribute? start?', sum],
  unique: ['case_sensitive? attribute?', (value, exact, by) => new Stream(unique(value, exact, by))],
};

/** What reads an attribute such as `function.name` or `0.text`; undefined: the value itself. */
export function reader(attribute: Value | undefined, otherwise: Value = null): (value: Value) => Value {
  if (attribute === undefined || attribute === null) return (value) => value;
  const parts = typeof attribute === 'string' ? attribute.split('.') : [attribute];
  const keys = parts.map((part) => (typeof part === 'string' && /^\d+$/.test(part) ? Number(part) : part));
  return (value) => {
    return keys.reduce<Value>((found, key) => {
      const next = item(found, key);
      return next instanceof Undefined && otherwise !== null ? otherwise : next;
    }, value);
  };
}

/** Texts without regard to large and small letters, unless that is asked for. */
function sortKey(exact: Value | undefined, by: Value | undefined): (value: Value) => Value {
  const read = reader(by);
  const fold = !isTrue(exact ?? false);
  return (value) => {
    const found = read(value);
    return fold && typeof found === 'string' ? lower(found) : found;
  };
}

function sorted(values: Iterable<Value>, key: (value: Value) => Value, backwards: boolean): Value[] {
  const keyed = [...values].map((value) => [key(value), value] as const);
  // a list of one is never compared, as in Python
  keyed.sort(([a], [b]) => (backwards ? compareValues(b, a) : compareValues(a, b)));
  return keyed.map(([, value]) => value);
}

function sort(value: Value, backwards: Value = false, exact?: Value, by?: Value): Value {
  const names = typeof by === 'string' ? by.split(',') : [by];
  const keys = names.map((name) => sortKey(exact, name));
  const key = (one: Value) => keys.map((read) => read(one));
  return sorted(iterate(value), key, isTrue(backwards));
}

function dictSort(value: Value, exact: Value = false, by: Value = 'key', backwards: Value = false): Value {
  if (!(value instanceof Dict))
    throw new TemplateRunError(`dictsort is for a dict, not a ${typeName(value)}`);
  if (by !== 'key' && by !== 'value')
    throw new TemplateRunError('You can only sort by either "key" or "value"');
  return sorted(pairsOf(value), sortKey(exact, by === 'key' ? 0 : 1), isTrue(backwards));
}

function itemsOf(value: Value): Value {
  if (value instanceof Undefined) return new Stream([]);
  if (value instanceof Dict) return new Stream(pairsOf(value));
  throw new TemplateRunError('Can only get item pairs from a mapping.');
}

function join(value: Value, between: Value = '', by?: Value): string {
  return [...iterate(value)].map(reader(by)).map(textOf).join(textOf(between));
}

function firstOf(values: Iterable<Value>, otherwise: string): Value {
  const { value, done } = values[Symbol.iterator]().next();
  return done ? new Undefined(otherwise) : value;
}

function reversed(value: Value): Value[] {
  if (value instanceof Undefined) return [];
  const known =
    value instanceof Tuple || value instanceof Range || value instanceof View || value instanceof Dict;
  if (known || isList(value) || typeof value === 'string') return [...iterate(value)].reverse();
  throw new TemplateRunError(`'${typeName(value)}' object is not reversible`);
}

/** Python turns what can be gone through once into a list, and goes through all else backwards. */
function reversedStream(value: Value): Value {
  return value instanceof Stream ? [...value].reverse() : new Stream(reversed(value));
}

function extreme(value: Value, exact: Value | undefined, by: Value | undefined, sign: 1 | -1): Value {
  const key = sortKey(exact, by);
  let found: Value = new Undefined('No aggregated item, sequence was empty.');
  let best: Value | undefined;
  for (const one of iterate(value)) {
    const own = key(one);
    if (best !== undefined && !(sign * compareValues(own, best) > 0)) continue;
    best = own;
    found = one;
  }
  return found;
}

function sum(value: Value, by?: Value, start: Value = 0): Value {
  if (typeof start === 'string') throw new TemplateRunError("sum() can't sum strings");
  return [...iterate(value)].map(reader(by)).reduce((total, one) => calculate('+', total, one), start);
}

function* unique(value: Value, exact: Value | undefined, by: Value | undefined): Iterable<Value> {
  const key = sortKey(exact, by);
  const seen = new Set<string>();
  for (const one of iterate(value)) {
    const own = hashOf(key(one));
    if (seen.has(own)) continue;
    seen.add(own);
    yield one;
  }
}

function* batches(value: Value, count: number, fill: Value): Iterable<Value> {
  let batch: Value[] = [];
  for (const one of iterate(value)) {
    if (batch.length === count) {
      yield batch;
      batch = [];
    }
    batch.push(one);
  }
  if (batch.length === 0) return;
  while (fill !== null && batch.length < count) batch.push(fill);
  yield batch;
}

function* slices(value: Value, count: number, fill: Value): Iterable<Value> {
  const all = [...iterate(value)];
  if (count < 1) throw new TemplateRunError('integer division or modulo by zero');
  const [size, larger] = [Math.floor(all.length / count), all.length % count];
  for (let i = 0, from = 0; i < count; i++) {
    const end = from + size + (i < larger ? 1 : 0);
    const part = all.slice(from, end);
    from = end;
    yield fill !== null && i >= larger ? [...part, fill] : part;
  }
}
