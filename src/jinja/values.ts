// What a template computes with, as Python's values: null, booleans, texts and whole numbers are JavaScript's, lists are
// arrays; what JavaScript does not have is here. What can be done with them is in operators.ts and attributes.ts.
import { notHere, TemplateRunError } from './errors.ts';

export type Value =
  | null
  | boolean
  | number
  | string
  | Float
  | readonly Value[]
  | Tuple
  | Dict
  | Range
  | View
  | Stream
  | Undefined
  | Namespace
  | Callable
  | Loop;

/** A number with a point; a plain number is a whole one. */
export class Float {
  readonly value: number;
  constructor(value: number) {
    this.value = value;
  }
}

export class Tuple {
  readonly items: readonly Value[];
  constructor(items: readonly Value[]) {
    this.items = items;
  }
}

/** What range() gives. */
export class Range {
  readonly items: readonly number[];
  /** As Python writes it. */
  readonly text: string;
  constructor(items: readonly number[], text: string) {
    this.items = items;
    this.text = text;
  }
}

/** A dict, in the order in which its keys came; keys that are equal are one, as 1 and 1.0 are. */
export class Dict {
  private readonly entries = new Map<string, readonly [Value, Value]>();

  constructor(pairs: Iterable<readonly [Value, Value]> = []) {
    for (const [key, value] of pairs) {
      const hash = hashOf(key);
      const former = this.entries.get(hash);
      this.entries.set(hash, [former === undefined ? key : former[0], value]);
    }
  }

  get size(): number {
    return this.entries.size;
  }

  get(key: Value): Value | undefined {
    return this.entries.get(hashOf(key))?.[1];
  }

  keys(): Value[] {
    return this.pairs().map(([key]) => key);
  }

  pairs(): (readonly [Value, Value])[] {
    return [...this.entries.values()];
  }
}

/** What keys(), values() and items() of a dict give. */
export class View {
  readonly name: 'keys' | 'values' | 'items';
  readonly items: readonly Value[];
  constructor(name: View['name'], items: readonly Value[]) {
    this.name = name;
    this.items = items;
  }
}

/** What can be gone through once, such as what map() gives. */
export class Stream implements Iterable<Value> {
  private readonly source: Iterator<Value>;
  constructor(source: Iterable<Value>) {
    this.source = source[Symbol.iterator]();
  }
  [Symbol.iterator](): Iterator<Value> {
    // who leaves early leaves the rest to the next
    return { next: () => this.source.next() };
  }
}

/** What is not there. Only printing, looping and asking for it do not fail. */
export class Undefined {
  readonly words: string;
  constructor(words: string) {
    this.words = words;
  }
  error(): TemplateRunError {
    return new TemplateRunError(this.words);
  }
}

/** What namespace() gives: variables that a template may set from anywhere. */
export class Namespace {
  readonly fields = new Map<string, Value>();
}

/** What a call was given, evaluated. */
export interface CallArguments {
  readonly plain: readonly Value[];
  readonly named: ReadonlyMap<string, Value>;
}

/** A function, method or macro. */
export class Callable {
  readonly name: string;
  readonly call: (given: CallArguments) => Value;
  constructor(name: string, call: (given: CallArguments) => Value) {
    this.name = name;
    this.call = call;
  }
}

/** The variable `loop`. */
export interface Loop {
  readonly isLoop: true;
  readonly length: number;
  field(name: string): Value | undefined;
}

export function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}

export function isLoop(value: Value): value is Loop {
  return typeof value === 'object' && value !== null && 'isLoop' in value;
}

/** What Python calls a value's type. */
export function typeName(value: Value): string {
  if (value === null) return 'NoneType';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'number') return 'int';
  if (typeof value === 'string') return 'str';
  if (isList(value)) return 'list';
  if (value instanceof View) return `dict_${value.name}`;
  if (isLoop(value)) return 'loop';
  return value.constructor.name.toLowerCase();
}

/** A text that two keys share when Python holds them for one. */
export function hashOf(key: Value): string {
  if (typeof key === 'string') return `s${key}`;
  if (key === null) return 'n';
  if (key instanceof Undefined) return 'u';
  if (typeof key === 'boolean' || typeof key === 'number') return `i${Number(key)}`;
  if (key instanceof Float) return `i${key.value}`;
  if (key instanceof Tuple) return `t${JSON.stringify(key.items.map(hashOf))}`;
  if (key instanceof Range) return `r${JSON.stringify(key.items)}`;
  const isHashable = !(isList(key) || key instanceof Dict || key instanceof View);
  if (isHashable) throw notHere(`A ${typeName(key)} as a key`);
  throw new TemplateRunError(`unhashable type: '${typeName(key)}'`);
}
