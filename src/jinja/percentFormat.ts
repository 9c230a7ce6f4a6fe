// Python's formatting with %, of which templates use %s and %d. Other directives are refused by name.
import { TemplateRunError } from './errors.ts';
import { numberOf } from './operators.ts';
import { repr, textOf } from './pythonText.ts';
import { Dict, isList, Range, Tuple, typeName, Undefined, type Value } from './values.ts';

/** `format % given`. Throws TemplateRunError. */
export function percentFormat(format: string, given: Value): string {
  const values = given instanceof Tuple ? given.items : [given];
  let used = 0;
  const text = format.replace(/%(0?)(\d*)(.?)/gsu, (whole, zero: string, width: string, letter: string) => {
    if (whole === '%%') return '%';
    if (!['s', 'd', 'i', 'r'].includes(letter) || (zero !== '' && (letter === 's' || letter === 'r'))) {
      throw new TemplateRunError(`The format ${whole} is not supported`);
    }
    if (used >= values.length) throw new TemplateRunError('not enough arguments for format string');
    const value = values[used++];
    return padded(written(value, letter), Number(width), zero !== '');
  });
  // what has keys or places of its own may be left over
  const mayStay =
    given instanceof Dict || given instanceof Range || given instanceof Undefined || isList(given);
  if (used < values.length && !mayStay) {
    throw new TemplateRunError('not all arguments converted during string formatting');
  }
  return text;
}

function written(value: Value, letter: string): string {
  if (letter === 's') return textOf(value);
  if (letter === 'r') return repr(value);
  const number = numberOf(value);
  if (number !== undefined) return String(Math.trunc(number));
  throw new TemplateRunError(`%${letter} format: a real number is required, not ${typeName(value)}`);
}

function padded(text: string, width: number, zero: boolean): string {
  const missing = Math.max(0, width - [...text].length);
  if (!zero) return ' '.repeat(missing) + text;
  return text.startsWith('-') ? `-${'0'.repeat(missing)}${text.slice(1)}` : '0'.repeat(missing) + text;
}
