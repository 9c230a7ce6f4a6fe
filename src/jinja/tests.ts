// jinja2's tests: what may stand behind `is`.
import { modulo } from './arithmetic.ts';
import { isSequence } from './attributes.ts';
import { bindArguments, type Parameters } from './bindArguments.ts';
import { notHere, TemplateRunError } from './errors.ts';
import { contains, equals, holds, iterate, numberOf } from './operators.ts';
import { textOf } from './pythonText.ts';
import { textMethods } from './textMethods.ts';
import { type CallArguments, Callable, Dict, Float, typeName, Undefined, type Value } from './values.ts';

type Test = readonly [Parameters, (value: Value, other: Value) => boolean];

const comparison = (operator: string): Test => ['other', (value, other) => holds(operator, value, other)];
const text = (method: 'islower' | 'isupper'): Test => [
  '',
  (value) => textMethods[method][1](textOf(value)) === true,
];
const same = (one: Value): Test => ['', (value) => value === one];

const isInteger = (value: Value): value is number => typeof value === 'number';

const tests: Readonly<Record<string, Test>> = {
  odd: ['', (value) => remainder(value, 2) === 1],
  even: ['', (value) => remainder(value, 2) === 0],
  divisibleby: ['num', (value, by) => remainder(value, by) === 0],
  defined: ['', (value) => !(value instanceof Undefined)],
  undefined: ['', (value) => value instanceof Undefined],
  none: same(null),
  true: same(true),
  false: same(false),
  boolean: ['', (value) => typeof value === 'boolean'],
  integer: ['', isInteger],
  float: ['', (value) => value instanceof Float],
  number: ['', (value) => numberOf(value) !== undefined],
  string: ['', (value) => typeof value === 'string'],
  mapping: ['', (value) => value instanceof Dict],
  // Undefined has a length and no elements, but Python finds the method that fails
  sequence: ['', (value) => value instanceof Undefined || isSequence(value)],
  iterable: ['', canIterate],
  callable: ['', (value) => value instanceof Callable || value instanceof Undefined],
  lower: text('islower'),
  upper: text('isupper'),
  in: ['seq', (value, all) => contains(all, value)],
  sameas: ['other', sameAs],
  eq: ['other', equals],
  equalto: ['other', equals],
  '==': ['other', equals],
  ne: comparison('!='),
  '!=': comparison('!='),
  gt: comparison('>'),
  greaterthan: comparison('>'),
  '>': comparison('>'),
  ge: comparison('>='),
  '>=': comparison('>='),
  lt: comparison('<'),
  lessthan: comparison('<'),
  '<': comparison('<'),
  le: comparison('<='),
  '<=': comparison('<='),
};

/** Whether a value passes a test. Throws TemplateRunError for a test that is not here. */
export function applyTest(name: string, value: Value, given: CallArguments): boolean {
  if (!Object.hasOwn(tests, name)) throw notHere(`The test '${name}'`);
  const [parameters, run] = tests[name];
  const [other = null] = bindArguments(name, parameters, given);
  return run(value, other);
}

function remainder(value: Value, by: Value): number {
  if (value instanceof Undefined) throw value.error();
  const [a, b] = [numberOf(value), numberOf(by)];
  if (a === undefined || b === undefined) throw new TemplateRunError(`a ${typeName(value)} has no remainder`);
  if (b === 0) throw new TemplateRunError('division by zero');
  return modulo(a, b) + 0;
}

function canIterate(value: Value): boolean {
  try {
    iterate(value);
    return true;
  } catch {
    return false;
  }
}

function sameAs(value: Value, other: Value): boolean {
  const plain = (one: Value) => one === null || typeof one === 'boolean' || one instanceof Undefined;
  // whether two equal texts or numbers are one in memory is Python's own business
  if (!plain(value) && !plain(other) && value !== null && typeof value !== 'object')
    throw notHere("'sameas' of such values");
  return value === other;
}
