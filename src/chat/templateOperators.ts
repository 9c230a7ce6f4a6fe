// Jinja's operators on values. What Python has no answer for is an error, as there.

import {
  compare,
  Float,
  isEqual,
  numberOf,
  Tuple,
  textOf,
  typeName,
  type Value,
  View,
  whole,
} from './pythonValues.ts';
import { contains } from './templateMethods.ts';

const comparisons: Readonly<Record<string, (a: Value, b: Value) => boolean>> = {
  '==': isEqual,
  '!=': (a, b) => !isEqual(a, b),
  '<': (a, b) => compare(a, b) < 0,
  '<=': (a, b) => compare(a, b) <= 0,
  '>': (a, b) => compare(a, b) > 0,
  '>=': (a, b) => compare(a, b) >= 0,
  in: (a, b) => contains(b, a),
  'not in': (a, b) => !contains(b, a),
};

const arithmetic: Readonly<Record<string, (a: number, b: number) => number>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '//': (a, b) => Math.floor(a / b),
  '%': (a, b) => a - b * Math.floor(a / b),
  '**': (a, b) => a ** b,
};

function isComparison(operator: string): boolean {
  return Object.hasOwn(comparisons, operator);
}

/** The value of `a operator b`. Throws TypeError where Python does. */
export function operate(operator: string, a: Value, b: Value): Value {
  if (operator === '~') return textOf(a) + textOf(b);
  if (isComparison(operator)) return comparisons[operator](a, b);
  const [x, y] = [numberOf(a), numberOf(b)];
  if (x !== undefined && y !== undefined && Object.hasOwn(arithmetic, operator)) {
    if (y === 0 && ['/', '//', '%'].includes(operator)) throw new RangeError('division by zero');
    const result = arithmetic[operator](x, y);
    const broken = operator === '/' || (operator === '**' && y < 0);
    return broken || a instanceof Float || b instanceof Float ? new Float(result) : whole(result);
  }
  if (operator === '+') {
    if (typeof a === 'string' && typeof b === 'string') return a + b;
    if (isList(a) && isList(b) && a instanceof Tuple === b instanceof Tuple) {
      return a instanceof Tuple ? Tuple.from([...a, ...b]) : [...a, ...b];
    }
  }
  if (operator === '*' && typeof b === 'number') {
    const times = Math.max(0, b);
    if (typeof a === 'string') return a.repeat(times);
    if (isList(a) && !(a instanceof Tuple)) return Array.from({ length: times }, () => a).flat(1);
  }
  throw new TypeError(`${typeName(a)} ${operator} ${typeName(b)} has no value`);
}

function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value) && !(value instanceof View);
}
