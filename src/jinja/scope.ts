// The variables of a template, a scope in a scope: what a loop, a macro or a block sets is gone behind it.
import { Undefined, type Value } from './values.ts';

/** Variables, and the scope around them. */
export class Scope {
  private readonly variables = new Map<string, Value>();
  private readonly around: Scope | undefined;

  /** @param hidden names that this scope sets later: until then they are undefined, whatever is around. */
  constructor(around?: Scope, hidden: readonly string[] = []) {
    this.around = around;
    for (const name of hidden) this.set(name, new Undefined(`'${name}' is undefined`));
  }

  /** Sets a variable of this scope. */
  set(name: string, value: Value): void {
    this.variables.set(name, value);
  }

  /** The variable of the nearest scope that has one of this name. */
  get(name: string): Value {
    const found = this.find(name);
    return found === undefined ? new Undefined(`'${name}' is undefined`) : found;
  }

  private find(name: string): Value | undefined {
    const own = this.variables.get(name);
    return own === undefined ? this.around?.find(name) : own;
  }
}
