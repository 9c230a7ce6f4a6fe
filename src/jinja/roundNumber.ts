// The filter round: Python rounds halves to the even side, and by the number's exact value.
import { whole } from './arithmetic.ts';
import { notHere, TemplateRunError } from './errors.ts';
import { numberOf } from './operators.ts';
import { repr } from './pythonText.ts';
import { integer } from './textMethods.ts';
import { Float, typeName, Undefined, type Value } from './values.ts';

/** Throws TemplateRunError. */
export function roundNumber(value: Value, precision: Value, method: Value): Value {
  if (value instanceof Undefined) throw value.error();
  const number = numberOf(value);
  if (number === undefined)
    throw new TemplateRunError(`type ${typeName(value)} doesn't define __round__ method`);
  const places = integer(precision);
  if (method === 'ceil' || method === 'floor') {
    const scale = 10 ** places;
    return new Float(Math[method](number * scale) / scale);
  }
  if (method !== 'common')
    throw new TemplateRunError(`round takes 'common', 'ceil' or 'floor', not ${repr(method)}`);
  if (places < 0 || places > 15) throw notHere(`Rounding to ${places} places`);
  if (!(value instanceof Float)) return whole(number);
  return new Float(halfEven(number, places));
}

function halfEven(value: number, places: number): number {
  // beyond this there is nothing behind the point, and toFixed writes no digits
  if (!Number.isFinite(value) || Math.abs(value) >= 1e21) return value;
  const rounded = value.toFixed(places);
  const digits = Math.abs(value).toFixed(100);
  const cut = digits.indexOf('.') + 1 + places;
  const isHalf = /^50*$/.test(digits.slice(cut));
  if (!isHalf) return Number(rounded);
  const kept = digits.slice(0, cut).replace(/\.$/, '');
  const isEven = '02468'.includes(kept.at(-1) ?? '0');
  return isEven ? Math.sign(value) * Number(kept) : Number(rounded);
}
