// The variable `loop`: where a loop is. Items are taken one by one, one ahead at most, as in Python: what an item's
// test reads may be set by the round before.
import { callable } from './bindArguments.ts';
import { TemplateRunError } from './errors.ts';
import { equals, lengthOf } from './operators.ts';
import { type Loop, Stream, Tuple, Undefined, type Value } from './values.ts';

/** A loop's place in what it goes over. */
export class LoopState implements Loop {
  readonly isLoop = true;
  private source: Iterator<Value>;
  private known: number | undefined;
  private ahead: IteratorResult<Value> | undefined;
  private index0 = -1;
  private before: Value = null;
  private current: Value = null;
  private changedValue: Tuple | undefined;

  /** @param over what it goes over, undefined where its length is not known before its end. */
  constructor(items: Iterable<Value>, over: Value | undefined) {
    this.source = items[Symbol.iterator]();
    this.known = over === undefined || over instanceof Stream ? undefined : lengthOf(over);
  }

  /** Goes to the next item. */
  next(): IteratorResult<Value> {
    const found = this.peek();
    this.ahead = undefined;
    if (found.done) return found;
    this.index0++;
    this.before = this.current;
    this.current = found.value;
    return found;
  }

  get length(): number {
    if (this.known === undefined) {
      const rest: Value[] = [];
      for (let one = this.peek(); !one.done; one = this.source.next()) rest.push(one.value);
      this.ahead = undefined;
      this.source = rest[Symbol.iterator]();
      this.known = rest.length + this.index0 + 1;
    }
    return this.known;
  }

  field(name: string): Value | undefined {
    switch (name) {
      case 'index':
        return this.index0 + 1;
      case 'index0':
        return this.index0;
      case 'revindex':
        return this.length - this.index0;
      case 'revindex0':
        return this.length - this.index0 - 1;
      case 'first':
        return this.index0 === 0;
      case 'last':
        return this.peek().done === true;
      case 'length':
        return this.length;
      case 'depth':
        return 1;
      case 'depth0':
        return 0;
      case 'previtem':
        return this.index0 === 0 ? new Undefined('there is no previous item') : this.before;
      case 'nextitem': {
        const next = this.peek();
        return next.done ? new Undefined('there is no next item') : next.value;
      }
      case 'cycle':
        return callable('cycle', '*args', (...given) => {
          if (given.length === 0) throw new TemplateRunError('no items for cycling given');
          return given[this.index0 % given.length] ?? null;
        });
      case 'changed':
        return callable('changed', '*value', (...given) => this.changed(given.map((one) => one ?? null)));
      default:
        return undefined;
    }
  }

  private peek(): IteratorResult<Value> {
    this.ahead ??= this.source.next();
    return this.ahead;
  }

  private changed(given: readonly Value[]): boolean {
    const value = new Tuple(given);
    if (this.changedValue !== undefined && equals(this.changedValue, value)) return false;
    this.changedValue = value;
    return true;
  }
}
