// Values as Python writes them: str() and repr().
import { notHere } from './errors.ts';
import { Dict, Float, isList, Namespace, Range, Tuple, Undefined, type Value, View } from './values.ts';

/** What Python's str() gives. Throws TemplateRunError where that tells a place in memory. */
export function textOf(value: Value): string {
  if (typeof value === 'string') return value;
  if (value instanceof Undefined) return '';
  return repr(value);
}

/** What Python's repr() gives. */
export function repr(value: Value): string {
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'number') return String(value);
  if (typeof value === 'string') return quoted(value);
  if (value instanceof Float) return floatText(value.value);
  if (value instanceof Undefined) return 'Undefined';
  if (isList(value)) return `[${value.map(repr).join(', ')}]`;
  if (value instanceof Tuple)
    return `(${value.items.map(repr).join(', ')}${value.items.length === 1 ? ',' : ''})`;
  if (value instanceof Dict) return dictText(value.pairs());
  if (value instanceof Range) return value.text;
  if (value instanceof View) return `dict_${value.name}([${value.items.map(repr).join(', ')}])`;
  if (value instanceof Namespace) return `<Namespace ${dictText([...value.fields])}>`;
  throw notHere('Writing a function, a loop or what a filter gives piece by piece (add | list)');
}

/** A number with a point, in as few digits as tell it from others. */
export function floatText(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value < 0 ? '-inf' : 'inf';
  const [mantissa, power] = value.toExponential().split('e');
  const exponent = Number(power);
  if (exponent < -4 || exponent >= 16) {
    return `${mantissa}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
  }
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  const digits = mantissa.replace(/[-.]/g, '');
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0');
  return `${sign}${whole}.${digits.slice(exponent + 1) || '0'}`;
}

function dictText(pairs: readonly (readonly [Value, Value])[]): string {
  return `{${pairs.map(([key, value]) => `${repr(key)}: ${repr(value)}`).join(', ')}}`;
}

const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function quoted(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const inside = text.replace(/[\\']|[\p{C}\p{Z}]/gu, (letter) => {
    if (letter === ' ') return letter;
    if (letter === "'") return quote === "'" ? "\\'" : letter;
    if (Object.hasOwn(escapes, letter)) return escapes[letter];
    const code = letter.codePointAt(0) ?? 0;
    const hex = code.toString(16);
    if (code < 0x100) return `\\x${hex.padStart(2, '0')}`;
    return code < 0x10000 ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`;
  });
  return quote + inside + quote;
}
