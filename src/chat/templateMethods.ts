// What may be asked of a value behind a dot: methods of Python's str, dict and list that change nothing. A method
// that is not here is refused by name.
import { capitalize, replace, split, splitLines, strip, title } from './pythonText.ts';
import {
  Callable,
  compare,
  isEqual,
  itemsOf,
  Tuple,
  textOf,
  typeName,
  Undefined,
  type Value,
  View,
} from './pythonValues.ts';
import { Given } from './templateArguments.ts';

type Method<Self> = (self: Self, given: Given) => Value;

const texts: Readonly<Record<string, Method<string>>> = {
  upper: (self) => self.toUpperCase(),
  lower: (self) => self.toLowerCase(),
  capitalize: (self) => capitalize(self),
  title: (self) => title(self),
  strip: (self, given) => strip(self, given.text('chars', null)),
  lstrip: (self, given) => strip(self, given.text('chars', null), true, false),
  rstrip: (self, given) => strip(self, given.text('chars', null), false, true),
  split: (self, given) => split(self, given.text('sep', null), given.whole('maxsplit', -1)),
  splitlines: (self) => splitLines(self),
  replace: (self, given) => replace(self, given.text('old'), given.text('new'), given.whole('count', -1)),
  startswith: (self, given) => oneOf(given.any('prefix'), (part) => self.startsWith(part)),
  endswith: (self, given) => oneOf(given.any('suffix'), (part) => self.endsWith(part)),
  removeprefix: (self, given) => {
    const part = given.text('prefix');
    return self.startsWith(part) ? self.slice(part.length) : self;
  },
  removesuffix: (self, given) => {
    const part = given.text('suffix');
    return part !== '' && self.endsWith(part) ? self.slice(0, -part.length) : self;
  },
  join: (self, given) =>
    itemsOf(given.any('iterable') ?? null)
      .map((part) => {
        if (typeof part === 'string') return part;
        throw new TypeError(`join() is for texts, not ${typeName(part)}`);
      })
      .join(self),
  find: (self, given) => {
    const at = self.indexOf(given.text('sub'));
    return at < 0 ? at : [...self.slice(0, at)].length;
  },
  count: (self, given) => {
    const part = given.text('sub');
    return part === '' ? [...self].length + 1 : self.split(part).length - 1;
  },
  isdigit: (self) => /^\p{Nd}+$/u.test(self),
};

const dictionaries: Readonly<Record<string, Method<ReadonlyMap<string, Value>>>> = {
  keys: (self) => View.from(self.keys()),
  values: (self) => View.from(self.values()),
  items: (self) => View.from(self, ([key, value]) => Tuple.of(key, value)),
  get: (self, given) => {
    const key = given.any('key') ?? null;
    const otherwise = given.any('default') ?? null;
    return typeof key === 'string' ? (self.get(key) ?? otherwise) : otherwise;
  },
};

const lists: Readonly<Record<string, Method<readonly Value[]>>> = {
  index: (self, given) => {
    const sought = given.any('value') ?? null;
    const at = self.findIndex((value) => isEqual(value, sought));
    if (at < 0) throw new RangeError(`${textOf(sought)} is not in the list`);
    return at;
  },
  count: (self, given) => {
    const sought = given.any('value') ?? null;
    return self.filter((value) => isEqual(value, sought)).length;
  },
};

/** Names that Python finds on the type before it looks into a dictionary, and that are not here. */
const otherNames: Readonly<Record<string, readonly string[]>> = {
  dict: ['clear', 'copy', 'fromkeys', 'pop', 'popitem', 'setdefault', 'update'],
  list: ['append', 'clear', 'copy', 'extend', 'insert', 'pop', 'remove', 'reverse', 'sort'],
  str: [
    ...['casefold', 'center', 'encode', 'expandtabs', 'format', 'format_map', 'index', 'isalnum', 'isalpha'],
    ...['isascii', 'isdecimal', 'isidentifier', 'islower', 'isnumeric', 'isprintable', 'isspace', 'istitle'],
    ...['isupper', 'ljust', 'maketrans', 'partition', 'rfind', 'rindex', 'rjust', 'rpartition', 'rsplit'],
    ...['swapcase', 'translate', 'zfill'],
  ],
};

/** The method of a value, or undefined where its type has none of this name. Throws for one that is not here. */
export function methodOf(value: Value, name: string): Callable | undefined {
  if (typeof value === 'string') return bound(value, texts, name, 'str');
  if (value instanceof Map) return bound(value as ReadonlyMap<string, Value>, dictionaries, name, 'dict');
  if (Array.isArray(value)) return bound(value as readonly Value[], lists, name, 'list');
  return undefined;
}

function bound<Self>(
  self: Self,
  methods: Readonly<Record<string, Method<Self>>>,
  name: string,
  type: string,
): Callable | undefined {
  if (Object.hasOwn(methods, name)) {
    return new Callable((given) => {
      const all = new Given(`${name}()`, given);
      const result = methods[name](self, all);
      all.finish();
      return result;
    });
  }
  if (otherNames[type].includes(name)) throw new TypeError(`the method ${name} of ${type} is not supported`);
  return undefined;
}

function oneOf(given: Value | undefined, fits: (part: string) => boolean): boolean {
  const parts = given instanceof Tuple ? [...given] : [given ?? null];
  return parts.some((part) => {
    if (typeof part === 'string') return fits(part);
    throw new TypeError(`startswith() and endswith() take texts, not ${typeName(part)}`);
  });
}

/** `value.name` and `value['name']`, which look in another order, and `value[number]`. */
export function memberOf(value: Value, key: Value, dotted: boolean): Value {
  const missing = new Undefined(textOf(key));
  if (value instanceof Undefined) throw new TypeError(`${textOf(key)} is asked of ${typeName(value)}`);
  if (typeof key === 'string') {
    const own = value instanceof Map ? (value as ReadonlyMap<string, Value>).get(key) : undefined;
    if (!dotted && own !== undefined) return own;
    return methodOf(value, key) ?? (own === undefined ? missing : own);
  }
  const series =
    typeof value === 'string' ? [...value] : Array.isArray(value) ? (value as Value[]) : undefined;
  if (series instanceof View) throw new TypeError('a view has no members');
  const at = typeof key === 'boolean' ? Number(key) : key;
  const found = typeof at === 'number' ? series?.at(at) : undefined;
  return found === undefined ? missing : found;
}

/** `value[start:stop:step]`. */
export function sliceOf(value: Value, start: number | null, stop: number | null, step: number): Value {
  const isText = typeof value === 'string';
  if ((!isText && !Array.isArray(value)) || value instanceof View) {
    throw new TypeError(`${typeName(value)} has no slices`);
  }
  if (step === 0) throw new RangeError('a slice takes no step of 0');
  const items: Value[] = isText ? [...value] : [...(value as Value[])];
  const size = items.length;
  const [low, high] = step > 0 ? [0, size] : [-1, size - 1];
  const clip = (at: number | null, otherwise: number): number => {
    if (at === null) return otherwise;
    return Math.min(high, Math.max(low, at < 0 ? at + size : at));
  };
  const end = clip(stop, step > 0 ? high : low);
  const found: Value[] = [];
  for (let i = clip(start, step > 0 ? low : high); step > 0 ? i < end : i > end; i += step)
    found.push(items[i]);
  if (isText) return found.join('');
  return value instanceof Tuple ? Tuple.from(found) : found;
}

/** `a in b`. */
export function contains(series: Value, sought: Value): boolean {
  if (typeof series === 'string') {
    if (typeof sought === 'string') return series.includes(sought);
    throw new TypeError(`${typeName(sought)} is not looked for in a text`);
  }
  if (series instanceof Map) return typeof sought === 'string' && series.has(sought);
  return itemsOf(series).some((one) => isEqual(one, sought));
}

/** Sorted, equal values in the order that they came in. */
export function sorted(values: readonly Value[], key: (value: Value) => Value, reverse: boolean): Value[] {
  const sign = reverse ? -1 : 1;
  return [...values].sort((a, b) => sign * compare(key(a), key(b)));
}
