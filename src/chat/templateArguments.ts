// Arguments of filters, methods and functions: by place or by name, each checked for its type, none ignored.
import { type Arguments, Float, numberOf, typeName, type Value } from './pythonValues.ts';

/** The arguments of one call. `finish` once all have been asked for. */
export class Given {
  private readonly what: string;
  private readonly positional: readonly Value[];
  private readonly named: Map<string, Value>;
  private next = 0;

  /** @param what the name of what is called, for errors. */
  constructor(what: string, { positional, named }: Arguments) {
    this.what = what;
    this.positional = positional;
    this.named = new Map(named);
  }

  /** The next argument, by place or by this name; undefined where it is absent. */
  any(name: string): Value | undefined {
    if (this.next < this.positional.length) return this.positional[this.next++];
    this.next++;
    const value = this.named.get(name);
    this.named.delete(name);
    return value;
  }

  text(name: string): string;
  text<Default extends string | null>(name: string, otherwise: Default): string | Default;
  text(name: string, otherwise?: string | null): string | null {
    const value = this.any(name);
    if (typeof value === 'string') return value;
    if (otherwise !== undefined && (value === undefined || value === null)) return otherwise;
    throw this.wrong(name, 'a text', value);
  }

  whole<Default extends number | null>(name: string, otherwise: Default): number | Default {
    const value = this.any(name);
    if (value === undefined || value === null) return otherwise;
    const number = value instanceof Float ? undefined : numberOf(value);
    if (number !== undefined) return number;
    throw this.wrong(name, 'an int', value);
  }

  flag(name: string, otherwise: boolean): boolean {
    const value = this.any(name) ?? otherwise;
    if (typeof value === 'boolean') return value;
    throw this.wrong(name, 'true or false', value);
  }

  /** Throws for arguments that nobody asked for. */
  finish(): void {
    const [more] = this.named.keys();
    if (more !== undefined) throw new TypeError(`${this.what} takes no ${more}`);
    if (this.positional.length > this.next) throw new TypeError(`${this.what} takes ${this.next} arguments`);
  }

  private wrong(name: string, rule: string, value: Value | undefined): TypeError {
    return new TypeError(`${name} of ${this.what} must be ${rule}, not ${typeName(value ?? null)}`);
  }
}
