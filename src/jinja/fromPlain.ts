// Plain data of JavaScript as values of a template. JavaScript does not tell 1.0 from 1: a whole number is Python's int.
import { TemplateRunError } from './errors.ts';
import { Dict, Float, type Value } from './values.ts';

/** The value of plain data; a field that is undefined is left out. Throws TemplateRunError for what is no data. */
export function fromPlain(plain: unknown): Value {
  switch (typeof plain) {
    case 'string':
    case 'boolean':
      return plain;
    case 'number':
      return Number.isSafeInteger(plain) ? plain + 0 : new Float(plain);
    case 'object':
      if (plain === null) return null;
      if (Array.isArray(plain)) return plain.map(fromPlain);
      return new Dict(
        Object.entries(plain)
          .filter(([, value]) => value !== undefined)
          .map(([key, value]) => [key, fromPlain(value)]),
      );
    default:
      throw new TemplateRunError(`A ${typeof plain} cannot be given to a template`);
  }
}
