// The functions that every template finds, those of transformers excepted that tell the time.
import { callable } from './bindArguments.ts';
import { notHere, TemplateRefusal, TemplateRunError } from './errors.ts';
import { iterate } from './operators.ts';
import { textOf } from './pythonText.ts';
import { integer } from './textMethods.ts';
import { type CallArguments, Callable, Dict, Namespace, Range, type Value } from './values.ts';

/** jinja2's sandbox makes no longer ones. */
const longestRange = 100_000;

/** The functions by name. */
export function globals(): Record<string, Value> {
  return {
    range: callable('range', 'start stop? step? /', range),
    dict: new Callable('dict', (given) => new Dict([...pairs(given)])),
    namespace: new Callable('namespace', (given) => {
      const made = new Namespace();
      for (const [key, value] of pairs(given)) made.fields.set(textOf(key), value);
      return made;
    }),
    raise_exception: callable('raise_exception', 'message', (words = null) => {
      throw new TemplateRefusal(textOf(words));
    }),
    ...Object.fromEntries(['cycler', 'joiner', 'lipsum'].map((name) => [name, refused(name)])),
  };
}

function range(first: Value = null, last?: Value, by: Value = 1): Range {
  const [start, stop, step] = [last === undefined ? 0 : integer(first), integer(last ?? first), integer(by)];
  if (step === 0) throw new TemplateRunError('range() takes no step of 0');
  const length = Math.max(0, Math.ceil((stop - start) / step));
  if (length > longestRange) throw new TemplateRunError(`Range too big: more than ${longestRange}`);
  const text = `range(${start}, ${stop}${step === 1 ? '' : `, ${step}`})`;
  return new Range(
    Array.from({ length }, (_, i) => start + i * step),
    text,
  );
}

/** What dict() is made of: a dict or pairs, then what is named. */
function* pairs({ plain, named }: CallArguments): Iterable<readonly [Value, Value]> {
  if (plain.length > 1) throw new TemplateRunError(`dict expected at most 1 argument, got ${plain.length}`);
  const [given] = plain;
  if (given instanceof Dict) yield* given.pairs();
  else if (given !== undefined) {
    for (const one of iterate(given)) {
      const [key, value, ...more] = iterate(one);
      if (value === undefined || more.length > 0)
        throw new TemplateRunError('dict() takes pairs of key and value');
      yield [key, value];
    }
  }
  yield* named;
}

function refused(name: string): Callable {
  return new Callable(name, () => {
    throw notHere(`The function '${name}'`);
  });
}
