// JSON as Python's json.dumps writes it, with the options that transformers' `tojson` has.
import { Float, floatText, typeName, type Value } from './pythonValues.ts';

/** Options of json.dumps. */
export interface JsonStyle {
  readonly ensureAscii: boolean;
  /** Spaces, or null for one line. */
  readonly indent: number | null;
  readonly between: string;
  readonly colon: string;
  readonly sortKeys: boolean;
}

/** The text of a value. Throws for what JSON does not hold. */
export function toJson(value: Value, style: JsonStyle, depth = 1): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'number') return String(value);
  if (value instanceof Float) {
    const words = floatText(value.value);
    return { inf: 'Infinity', '-inf': '-Infinity', nan: 'NaN' }[words] ?? words;
  }
  if (typeof value === 'string') return jsonText(value, style.ensureAscii);
  if (Array.isArray(value))
    return enclosed(
      '[]',
      value.map((one) => toJson(one, style, depth + 1)),
      style,
      depth,
    );
  if (value instanceof Map) {
    const entries = [...(value as ReadonlyMap<string, Value>)];
    if (style.sortKeys) entries.sort(([a], [b]) => (a < b ? -1 : 1));
    const fields = entries.map(([key, one]) => {
      return jsonText(key, style.ensureAscii) + style.colon + toJson(one, style, depth + 1);
    });
    return enclosed('{}', fields, style, depth);
  }
  throw new TypeError(`${typeName(value)} is nothing that JSON holds`);
}

function enclosed([open, close]: string, parts: readonly string[], style: JsonStyle, depth: number): string {
  if (parts.length === 0) return open + close;
  if (style.indent === null) return open + parts.join(style.between) + close;
  const line = (level: number): string => `\n${' '.repeat(Math.max(0, style.indent ?? 0) * level)}`;
  return open + line(depth) + parts.join(style.between + line(depth)) + line(depth - 1) + close;
}

function jsonText(text: string, ascii: boolean): string {
  const words = JSON.stringify(text);
  if (!ascii) return words;
  return words.replace(/[\x7f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
