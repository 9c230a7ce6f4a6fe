// The methods of Python's texts, lists, tuples and dicts. Those that change what they belong to are not there, as in
// jinja2's sandbox; those that Python has and this does not are refused by name.
import { callable } from './bindArguments.ts';
import { notHere, TemplateRunError } from './errors.ts';
import { contains, equals } from './operators.ts';
import { type TextMethod, textMethods } from './textMethods.ts';
import { type Callable, Dict, Float, isList, Range, Tuple, type Value, View } from './values.ts';

/** What Python has beyond what is here, by type. */
const unsupported: Readonly<Record<string, readonly string[]>> = {
  text: 'casefold encode expandtabs format format_map isidentifier isnumeric isprintable istitle maketrans swapcase translate'.split(
    ' ',
  ),
  number:
    'as_integer_ratio bit_count bit_length conjugate denominator from_bytes fromhex hex imag is_integer numerator real to_bytes'.split(
      ' ',
    ),
  dict: ['fromkeys'],
  range: ['start', 'stop', 'step', 'index', 'count'],
  view: ['mapping', 'isdisjoint'],
};

/** A method, bound to its value; undefined where Python has none. Throws TemplateRunError for one that is not here. */
export function methodOf(value: Value, name: string): Callable | undefined {
  if (typeof value === 'string') return textMethod(value, name) ?? refuse('text', name);
  if (isList(value)) return name === 'copy' ? callable(name, '', () => value) : sequenceMethod(value, name);
  if (value instanceof Tuple) return sequenceMethod(value.items, name);
  if (value instanceof Dict) return dictMethod(value, name) ?? refuse('dict', name);
  if (value instanceof Range) return refuse('range', name);
  if (value instanceof View) return refuse('view', name);
  const isNumber = typeof value === 'number' || typeof value === 'boolean' || value instanceof Float;
  return isNumber ? refuse('number', name) : undefined;
}

function refuse(type: string, name: string): undefined {
  if (unsupported[type].includes(name)) throw notHere(`The attribute '${name}' of a ${type}`);
}

function textMethod(text: string, name: string): Callable | undefined {
  if (!Object.hasOwn(textMethods, name)) return undefined;
  const [parameters, run]: TextMethod = textMethods[name];
  return callable(name, parameters, (...given) => run(text, ...given));
}

function sequenceMethod(items: readonly Value[], name: string): Callable | undefined {
  if (name === 'count') {
    return callable(name, 'value /', (value = null) => items.filter((item) => equals(item, value)).length);
  }
  if (name !== 'index') return undefined;
  return callable(name, 'value /', (value = null) => {
    const at = items.findIndex((item) => equals(item, value));
    if (at >= 0) return at;
    throw new TemplateRunError('the value is not in the list');
  });
}

function dictMethod(dict: Dict, name: string): Callable | undefined {
  switch (name) {
    case 'get':
      return callable(name, 'key default? /', (key = null, otherwise = null) => {
        return contains(dict, key) ? (dict.get(key) ?? null) : otherwise;
      });
    case 'copy':
      return callable(name, '', () => dict);
    case 'keys':
      return callable(name, '', () => new View('keys', dict.keys()));
    case 'values':
      return callable(
        name,
        '',
        () =>
          new View(
            'values',
            dict.pairs().map(([, value]) => value),
          ),
      );
    case 'items':
      return callable(name, '', () => new View('items', pairsOf(dict)));
    default:
      return undefined;
  }
}

/** The keys of a dict with their values, as tuples. */
export function pairsOf(dict: Dict): Tuple[] {
  return dict.pairs().map((pair) => new Tuple(pair));
}
