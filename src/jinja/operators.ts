// What Python's operators and built-in functions make of values. Nothing here knows of templates.
import { notHere, TemplateRunError } from './errors.ts';
import { characters, compareText, textLength } from './pythonUnicode.ts';
import {
  Callable,
  Dict,
  Float,
  isList,
  isLoop,
  Namespace,
  Range,
  Stream,
  Tuple,
  typeName,
  Undefined,
  type Value,
  View,
} from './values.ts';

/** Whether a value counts as true. */
export function isTrue(value: Value): boolean {
  if (value === null || value instanceof Undefined) return false;
  if (typeof value !== 'object') return Boolean(value);
  if (value instanceof Float) return value.value !== 0;
  if (value instanceof Stream || value instanceof Namespace || value instanceof Callable) return true;
  return lengthOf(value) > 0;
}

/** How many items a value has. */
export function lengthOf(value: Value): number {
  if (typeof value === 'string') return textLength(value);
  if (value instanceof Undefined) return 0;
  if (isList(value)) return value.length;
  if (value instanceof Dict) return value.size;
  if (value instanceof Tuple || value instanceof Range || value instanceof View) return value.items.length;
  if (value !== null && isLoop(value)) return value.length;
  throw new TemplateRunError(`object of type '${typeName(value)}' has no len()`);
}

/** The items of a value, one after the other. */
export function iterate(value: Value): Iterable<Value> {
  if (typeof value === 'string') return characters(value);
  if (value instanceof Undefined) return [];
  if (isList(value) || value instanceof Stream) return value;
  if (value instanceof Dict) return value.keys();
  if (value instanceof Tuple || value instanceof Range || value instanceof View) return value.items;
  throw new TemplateRunError(`'${typeName(value)}' object is not iterable`);
}

/** The number that a value is in arithmetic, where True is 1. */
export function numberOf(value: Value): number | undefined {
  if (typeof value === 'number' || typeof value === 'boolean') return Number(value);
  return value instanceof Float ? value.value : undefined;
}

/** Python's ==. */
export function equals(a: Value, b: Value): boolean {
  const [x, y] = [numberOf(a), numberOf(b)];
  if (x !== undefined || y !== undefined) return x === y;
  if (isList(a) && isList(b)) return sameItems(a, b);
  if (a instanceof Tuple && b instanceof Tuple) return sameItems(a.items, b.items);
  if (a instanceof Range && b instanceof Range) return sameItems(a.items, b.items);
  if (a instanceof Undefined) return b instanceof Undefined;
  if (a instanceof View && b instanceof View) {
    if (a.name === 'values' || b.name === 'values') return a === b;
    return (
      a.items.length === b.items.length &&
      a.items.every((item) => b.items.some((other) => equals(item, other)))
    );
  }
  if (!(a instanceof Dict && b instanceof Dict)) return a === b;
  return (
    a.size === b.size &&
    a.pairs().every(([key, value]) => {
      const other = b.get(key);
      return other !== undefined && equals(value, other);
    })
  );
}

function sameItems(a: readonly Value[], b: readonly Value[]): boolean {
  return a.length === b.length && a.every((item, i) => equals(item, b[i]));
}

/** Less than 0 where `a` comes before `b`. Throws TemplateRunError where Python has no order. */
export function compareValues(a: Value, b: Value): number {
  for (const value of [a, b]) if (value instanceof Undefined) throw value.error();
  const [x, y] = [numberOf(a), numberOf(b)];
  // what is no number is in no order with any, and neither less nor more
  if (x !== undefined && y !== undefined) return x === y ? 0 : x < y ? -1 : x > y ? 1 : Number.NaN;
  if (typeof a === 'string' && typeof b === 'string') return compareText(a, b);
  if (a instanceof View && b instanceof View) throw notHere("An order of dicts' items");
  const lists = isList(a) && isList(b) ? [a, b] : undefined;
  const [left, right] = lists ?? (a instanceof Tuple && b instanceof Tuple ? [a.items, b.items] : []);
  if (left === undefined || right === undefined) {
    throw new TemplateRunError(
      `'<' not supported between instances of '${typeName(a)}' and '${typeName(b)}'`,
    );
  }
  const at = left.findIndex((item, i) => i >= right.length || !equals(item, right[i]));
  if (at < 0) return left.length - right.length;
  return at >= right.length ? 1 : compareValues(left[at], right[at]);
}

/** One comparison, by its sign. */
export function holds(operator: string, a: Value, b: Value): boolean {
  switch (operator) {
    case '==':
      return equals(a, b);
    case '!=':
      return !equals(a, b);
    case '<':
      return compareValues(a, b) < 0;
    case '<=':
      return compareValues(a, b) <= 0;
    case '>':
      return compareValues(a, b) > 0;
    case '>=':
      return compareValues(a, b) >= 0;
    case 'in':
      return contains(b, a);
    default:
      return !contains(b, a);
  }
}

/** Python's `item in value`. */
export function contains(value: Value, item: Value): boolean {
  if (typeof value === 'string') {
    if (typeof item === 'string') return value.includes(item);
    throw new TemplateRunError(`'in <string>' requires string as left operand, not ${typeName(item)}`);
  }
  if (value instanceof Dict) return value.get(item) !== undefined;
  for (const one of iterate(value)) if (one === item || equals(one, item)) return true;
  return false;
}
