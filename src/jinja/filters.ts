// jinja2's filters by name, and those that apply others: map, select, reject and their kin. A filter that Python has and
// this does not is refused by name.
import { bindArguments } from './bindArguments.ts';
import { notHere, TemplateRunError } from './errors.ts';
import { isTrue, iterate } from './operators.ts';
import { reader, sequenceFilters } from './sequenceFilters.ts';
import { applyTest } from './tests.ts';
import { textFilters } from './textFilters.ts';
import { type CallArguments, Stream, typeName, type Value } from './values.ts';

/** What a filter makes of a value. Throws TemplateRunError. */
export function applyFilter(name: string, value: Value, given: CallArguments): Value {
  switch (name) {
    case 'map':
      return new Stream(mapped(value, mapping(given)));
    case 'select':
    case 'reject':
    case 'selectattr':
    case 'rejectattr':
      return new Stream(picked(value, picking(name, given), name.startsWith('select')));
    default: {
      const filters = Object.hasOwn(textFilters, name) ? textFilters : sequenceFilters;
      if (!Object.hasOwn(filters, name)) throw notHere(`The filter '${name}'`);
      const [parameters, run] = filters[name];
      return run(value, ...bindArguments(name, parameters, given));
    }
  }
}

// Python leaves what is false alone before it looks at it, and at the arguments only when the first item is asked for.

function* mapped(value: Value, make: () => (one: Value) => Value): Iterable<Value> {
  if (!isTrue(value)) return;
  const apply = make();
  for (const one of iterate(value)) yield apply(one);
}

function* picked(value: Value, make: () => (one: Value) => boolean, wanted: boolean): Iterable<Value> {
  if (!isTrue(value)) return;
  const passes = make();
  for (const one of iterate(value)) if (passes(one) === wanted) yield one;
}

function mapping({ plain, named }: CallArguments): () => (one: Value) => Value {
  return () => {
    const attribute = named.get('attribute');
    if (plain.length === 0 && attribute !== undefined) {
      const wrong = [...named.keys()].find((key) => key !== 'attribute' && key !== 'default');
      if (wrong !== undefined) throw new TemplateRunError(`Unexpected keyword argument '${wrong}'`);
      return reader(attribute, named.get('default') ?? null);
    }
    if (plain.length === 0) throw new TemplateRunError('map requires a filter argument');
    const [filter, ...rest] = plain;
    const name = nameOf(filter);
    return (one) => applyFilter(name, one, { plain: rest, named });
  };
}

function picking(filter: string, { plain, named }: CallArguments): () => (one: Value) => boolean {
  return () => {
    const [attribute, ...rest] = filter.endsWith('attr') ? plain : [null, ...plain];
    if (attribute === undefined) throw new TemplateRunError('Missing parameter for attribute name');
    const read = reader(attribute);
    if (rest.length === 0) return (one) => isTrue(read(one));
    const [test, ...others] = rest;
    const name = nameOf(test);
    return (one) => applyTest(name, read(one), { plain: others, named });
  };
}

function nameOf(value: Value): string {
  if (typeof value === 'string') return value;
  throw new TemplateRunError(`a filter or test is called by a text, not a ${typeName(value)}`);
}
