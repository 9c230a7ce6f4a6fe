// Values as JSON, as Python's json.dumps writes it: the filter tojson of transformers.
import { TemplateRunError } from './errors.ts';
import { compareValues } from './operators.ts';
import { floatText, textOf } from './pythonText.ts';
import { Dict, Float, isList, Tuple, typeName, type Value } from './values.ts';

export interface JsonOptions {
  readonly ascii: boolean;
  /** What a level is set in by; undefined: all on one line. */
  readonly indent: string | undefined;
  readonly separators: readonly [item: string, key: string];
  readonly sorted: boolean;
}

/** Throws TemplateRunError for what JSON cannot say. */
export function toJson(value: Value, options: JsonOptions, depth = 0): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'number') return String(value);
  if (typeof value === 'string') return quoted(value, options);
  if (value instanceof Float) return floatJson(value.value);
  if (isList(value) || value instanceof Tuple) {
    const items = isList(value) ? value : value.items;
    return enclosed(
      '[]',
      items.map((item) => toJson(item, options, depth + 1)),
      options,
      depth,
    );
  }
  if (value instanceof Dict) {
    const pairs = value.pairs();
    if (options.sorted) pairs.sort(([a], [b]) => compareValues(a, b));
    const written = pairs.map(([key, item]) => {
      return quoted(keyText(key), options) + options.separators[1] + toJson(item, options, depth + 1);
    });
    return enclosed('{}', written, options, depth);
  }
  throw new TemplateRunError(`Object of type ${typeName(value)} is not JSON serializable`);
}

function enclosed(
  [open, close]: string,
  items: readonly string[],
  options: JsonOptions,
  depth: number,
): string {
  if (items.length === 0) return open + close;
  const { indent, separators } = options;
  if (indent === undefined) return open + items.join(separators[0]) + close;
  const line = (level: number) => `\n${indent.repeat(level)}`;
  return open + line(depth + 1) + items.join(separators[0] + line(depth + 1)) + line(depth) + close;
}

function keyText(key: Value): string {
  if (typeof key === 'string') return key;
  if (key instanceof Float) return floatJson(key.value);
  if (key === null || typeof key === 'boolean') return String(key);
  if (typeof key === 'number') return textOf(key);
  throw new TemplateRunError(`keys must be str, int, float, bool or None, not ${typeName(key)}`);
}

function quoted(text: string, { ascii }: JsonOptions): string {
  const json = JSON.stringify(text);
  if (!ascii) return json;
  return json.replace(/[\x7f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function floatJson(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value < 0 ? '-Infinity' : 'Infinity';
  return floatText(value);
}
