// Values as a template sees them: Python's, in JavaScript's clothes. Whole numbers are numbers and others `Float`, lists
// are arrays, dictionaries maps, None is null. What they are as text, whether they count as true and when they are
// equal is Python's. What cannot be said exactly is refused.

/** A value of a template. */
export type Value =
  | null
  | boolean
  | number
  | string
  | readonly Value[]
  | ReadonlyMap<string, Value>
  | Float
  | Undefined
  | Namespace
  | Callable
  | Generator;

/** A number that Python calls a float, be it whole. */
export class Float {
  readonly value: number;
  constructor(value: number) {
    this.value = value;
  }
}

/** A list that is written with round brackets. */
export class Tuple extends Array<Value> {}

/** What was not there: no text, not true, and nothing can be asked of it. */
export class Undefined {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

/** `namespace()`: the one thing whose fields a template may set. */
export class Namespace {
  readonly fields: Map<string, Value>;
  constructor(fields: ReadonlyMap<string, Value>) {
    this.fields = new Map(fields);
  }
}

/** What stands in the brackets of a call. */
export interface Arguments {
  readonly positional: readonly Value[];
  readonly named: ReadonlyMap<string, Value>;
}

/** A function. */
export class Callable {
  readonly call: (given: Arguments) => Value;
  constructor(call: (given: Arguments) => Value) {
    this.call = call;
  }
}

/** Values that are given out once, as of `map` and `select`; it counts as true even where there are none. */
export class Generator {
  private items: readonly Value[];
  constructor(items: readonly Value[]) {
    this.items = items;
  }
  /** All that are left, or the first `count`. */
  take(count = this.items.length): readonly Value[] {
    const taken = this.items.slice(0, count);
    this.items = this.items.slice(count);
    return taken;
  }
}

/** A dictionary's keys, values or items, or a range: a list that can only be gone through. */
export class View extends Array<Value> {}

/** JavaScript's data, and functions of it, as values. */
export function toValue(given: unknown): Value {
  if (given === undefined || given === null) return null;
  if (typeof given === 'number') return Number.isInteger(given) ? whole(given) : new Float(given);
  if (typeof given === 'string' || typeof given === 'boolean') return given;
  if (typeof given === 'function') {
    return new Callable(({ positional }) => toValue(given(...positional.map(toData))));
  }
  if (Array.isArray(given)) return given.map(toValue);
  if (typeof given === 'object') {
    return new Map(Object.entries(given).map(([key, value]) => [key, toValue(value)]));
  }
  throw new TypeError(`${String(given)} is nothing that a template can read`);
}

function toData(value: Value): unknown {
  if (value instanceof Float) return value.value;
  if (Array.isArray(value)) return value.map(toData);
  return value instanceof Map
    ? Object.fromEntries([...value].map(([key, one]) => [key, toData(one)]))
    : value;
}

/** The name of a value's type, for errors. */
export function typeName(value: Value): string {
  if (value === null) return 'None';
  if (value instanceof Undefined) return `'${value.name}', which is undefined`;
  if (typeof value === 'number') return 'an int';
  if (value instanceof Float) return 'a float';
  if (typeof value === 'boolean') return 'a bool';
  if (typeof value === 'string') return 'a str';
  if (Array.isArray(value)) return 'a list';
  if (value instanceof Map) return 'a dict';
  return value instanceof Callable ? 'a function' : 'a generator';
}

/** Python's bool(). */
export function isTrue(value: Value): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (value instanceof Map) return value.size > 0;
  if (value instanceof Float) return value.value !== 0;
  return !(value instanceof Undefined) && Boolean(value);
}

/** The number that a value is, true and false being 1 and 0. */
export function numberOf(value: Value): number | undefined {
  if (value instanceof Float) return value.value;
  if (typeof value === 'boolean') return Number(value);
  return typeof value === 'number' ? value : undefined;
}

/** Python's ==. */
export function isEqual(a: Value, b: Value): boolean {
  const [x, y] = [numberOf(a), numberOf(b)];
  if (x !== undefined && y !== undefined) return x === y;
  if (a instanceof Undefined) return b instanceof Undefined;
  if (Array.isArray(a) && Array.isArray(b)) {
    if (a instanceof Tuple !== b instanceof Tuple || a.length !== b.length) return false;
    return a.every((one, i) => isEqual(one, b[i]));
  }
  if (a instanceof Map && b instanceof Map) {
    return a.size === b.size && [...a].every(([key, one]) => b.has(key) && isEqual(one, b.get(key)));
  }
  return a === b;
}

/** Whether a comes before b, 0 where they are equal. Throws for what Python does not compare. */
export function compare(a: Value, b: Value): number {
  const [x, y] = [numberOf(a), numberOf(b)];
  if (x !== undefined && y !== undefined) return x - y;
  if (typeof a === 'string' && typeof b === 'string') return compareTexts(a, b);
  if (Array.isArray(a) && Array.isArray(b)) {
    for (let i = 0; i < Math.min(a.length, b.length); i++)
      if (!isEqual(a[i], b[i])) return compare(a[i], b[i]);
    return a.length - b.length;
  }
  throw new TypeError(`${typeName(a)} is not compared with ${typeName(b)}`);
}

/** By code points, where JavaScript goes by units. */
function compareTexts(a: string, b: string): number {
  const [x, y] = [[...a], [...b]];
  const at = x.findIndex((letter, i) => letter !== y[i]);
  if (at < 0) return x.length - y.length;
  return at < y.length ? (x[at].codePointAt(0) ?? 0) - (y[at].codePointAt(0) ?? 0) : 1;
}

/** What a loop goes through. Throws for what is no series of values. */
export function itemsOf(value: Value): readonly Value[] {
  if (Array.isArray(value)) return value;
  if (typeof value === 'string') return [...value];
  if (value instanceof Map) return [...value.keys()];
  if (value instanceof Generator) return value.take();
  if (value instanceof Undefined) return [];
  throw new TypeError(`${typeName(value)} cannot be gone through`);
}

/** Python's str(). */
export function textOf(value: Value): string {
  if (typeof value === 'string') return value;
  return value instanceof Undefined ? '' : written(value);
}

/** Python's repr(). */
function written(value: Value): string {
  if (value === null) return 'None';
  if (value === true) return 'True';
  if (value === false) return 'False';
  if (typeof value === 'number') return String(value);
  if (value instanceof Float) return floatText(value.value);
  if (typeof value === 'string') return quoted(value);
  if (value instanceof Tuple) return `(${value.map(written).join(', ')}${value.length === 1 ? ',' : ''})`;
  if (Array.isArray(value) && !(value instanceof View)) return `[${value.map(written).join(', ')}]`;
  if (value instanceof Map) {
    return `{${[...value].map(([key, one]) => `${quoted(key)}: ${written(one)}`).join(', ')}}`;
  }
  if (value instanceof Undefined) return 'Undefined';
  throw new TypeError(
    `${value instanceof View ? 'a view of a list' : typeName(value)} is not written as text`,
  );
}

/** A float as Python and its JSON write it. */
export function floatText(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'nan' : value > 0 ? 'inf' : '-inf';
  if (Object.is(value, -0)) return '-0.0';
  const [digits, exponent] = value.toExponential().split('e');
  const power = Number(exponent);
  if (value !== 0 && (power < -4 || power >= 16)) {
    return `${digits}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
  }
  const text = String(value);
  if (text.includes('e')) return value.toFixed(-power + digits.replace(/^-?\d\.?/, '').length);
  return text.includes('.') ? text : `${text}.0`;
}

function quoted(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const inner = [...text].map((letter) => {
    if (letter === quote || letter === '\\') return `\\${letter}`;
    const short = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }[letter];
    if (short !== undefined) return short;
    if (letter === ' ' || !/[\p{Z}\p{C}]/u.test(letter)) return letter;
    const hex = (letter.codePointAt(0) ?? 0).toString(16);
    if (hex.length <= 2) return `\\x${hex.padStart(2, '0')}`;
    return hex.length <= 4 ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`;
  });
  return quote + inner.join('') + quote;
}

/** A whole number, if it is one that can be kept exactly. */
export function whole(value: number): number {
  if (Number.isSafeInteger(value)) return value === 0 ? 0 : value;
  throw new RangeError(`${value} is too large for an exact int`);
}
