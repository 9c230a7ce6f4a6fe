// What stands behind a dot or in brackets. As in jinja2's sandbox a dot finds a method before a key and brackets a key
// before a method; what would change a value, and Python's inner names, are not there.
import { notHere, TemplateRunError } from './errors.ts';
import { methodOf } from './methods.ts';
import { numberOf } from './operators.ts';
import { repr } from './pythonText.ts';
import { characters } from './pythonUnicode.ts';
import {
  Dict,
  Float,
  isList,
  isLoop,
  Namespace,
  Range,
  Tuple,
  typeName,
  Undefined,
  type Value,
} from './values.ts';

/** `value.name`. */
export function attribute(value: Value, name: string): Value {
  if (value instanceof Undefined)
    throw isInner(name) ? notHere(`'${name}' of what is undefined`) : value.error();
  let found = ownAttribute(value, name);
  if (found === undefined && value instanceof Dict) found = value.get(name);
  return found === undefined
    ? new Undefined(`'${typeName(value)} object' has no attribute '${name}'`)
    : found;
}

/** `value[key]`. */
export function item(value: Value, key: Value): Value {
  if (value instanceof Undefined) throw value.error();
  let found = element(value, key);
  if (found === undefined && typeof key === 'string') found = ownAttribute(value, key);
  return found === undefined
    ? new Undefined(`${typeName(value)} object has no element ${keyText(key)}`)
    : found;
}

/** `value[start:stop:step]`. */
export function slice(value: Value, bounds: readonly Value[]): Value {
  if (value instanceof Undefined) throw value.error();
  const sequence = sequenceOf(value);
  if (sequence === undefined) throw notHere(`A slice of a ${typeName(value)}`);
  const [start, stop, step] = bounds.map((bound) => {
    if (bound === null || typeof bound === 'number' || typeof bound === 'boolean') return bound;
    throw new TemplateRunError(`slice indices must be integers or None, not ${typeName(bound)}`);
  });
  if (value instanceof Range) throw notHere('A slice of a range');
  const picked = places(sequence.length, start, stop, Number(step ?? 1)).map((place) => sequence[place]);
  if (typeof value === 'string') return picked.join('');
  return isList(value) ? picked : new Tuple(picked);
}

function ownAttribute(value: Value, name: string): Value | undefined {
  if (isInner(name)) return undefined;
  if (value instanceof Namespace) return value.fields.get(name);
  if (value !== null && isLoop(value)) return value.field(name);
  return methodOf(value, name);
}

/** Python's own names, which the sandbox does not show. */
function isInner(name: string): boolean {
  return name.startsWith('__') && name.endsWith('__');
}

function element(value: Value, key: Value): Value | undefined {
  if (value instanceof Dict) return isHashable(key) ? value.get(key) : undefined;
  // a float is no place, even where it is whole
  const sequence = key instanceof Float ? undefined : sequenceOf(value);
  const place = sequence === undefined ? undefined : numberOf(key);
  if (sequence === undefined || place === undefined) return undefined;
  return sequence[place < 0 ? place + sequence.length : place];
}

/** As Python finds a key, or fails to: what has no hash is no key. */
function isHashable(key: Value): boolean {
  if (key instanceof Tuple) return key.items.every(isHashable);
  return !isList(key) && !(key instanceof Dict);
}

function sequenceOf(value: Value): readonly Value[] | undefined {
  if (typeof value === 'string') return characters(value);
  if (isList(value)) return value;
  return value instanceof Tuple || value instanceof Range ? value.items : undefined;
}

/** The places that a slice picks, as Python counts them. */
function places(length: number, start: Bound, stop: Bound, step: number): number[] {
  if (step === 0) throw new TemplateRunError('slice step cannot be zero');
  const [least, most] = step > 0 ? [0, length] : [-1, length - 1];
  const clamp = (bound: Bound, otherwise: number) => {
    if (bound === null) return otherwise;
    const place = Number(bound);
    return Math.min(Math.max(place < 0 ? place + length : place, least), most);
  };
  const from = clamp(start, step > 0 ? 0 : length - 1);
  const to = clamp(stop, step > 0 ? length : -1);
  return Array.from({ length: Math.max(0, Math.ceil((to - from) / step)) }, (_, i) => from + i * step);
}

type Bound = null | number | boolean;

function keyText(key: Value): string {
  return typeof key === 'string' || typeof key === 'number' ? repr(key) : typeName(key);
}

/** Whether Python's len() and [] know a value: a text, a list, a dict and the like. */
export function isSequence(value: Value): boolean {
  return value instanceof Dict || sequenceOf(value) !== undefined;
}
