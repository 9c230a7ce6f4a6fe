// What every chat template finds defined, after Hugging Face's: constants, range, namespace, dict, raise_exception and
// strftime_now.
import { Callable, Namespace, textOf, toValue, type Value, View } from './pythonValues.ts';
import { strftime } from './strftime.ts';
import { Given } from './templateArguments.ts';

/** The template itself refused what it was given, in its own words. */
export class TemplateRefusal extends Error {
  override readonly name = 'TemplateRefusal';
}

/** The variables of a template, with these among them. @param now what the clock says. */
export function templateEnvironment(
  variables: Readonly<Record<string, unknown>>,
  now: Date,
): ReadonlyMap<string, Value> {
  const functions: Readonly<Record<string, (given: Given) => Value>> = {
    range,
    raise_exception: (given) => {
      throw new TemplateRefusal(textOf(given.any('message') ?? null));
    },
    strftime_now: (given) => strftime(now, given.text('format')),
  };
  return new Map<string, Value>([
    ...constants,
    ['namespace', new Callable(({ named }) => new Namespace(named))],
    ['dict', new Callable(({ named }) => new Map(named))],
    ...Object.entries(functions).map(([name, work]): [string, Value] => {
      return [name, new Callable((given) => finished(new Given(`${name}()`, given), work))];
    }),
    ...Object.entries(variables).map(([name, value]): [string, Value] => [name, toValue(value)]),
  ]);
}

const constants: readonly [string, Value][] = [
  ...['true', 'True'].map((name): [string, Value] => [name, true]),
  ...['false', 'False'].map((name): [string, Value] => [name, false]),
  ...['none', 'None'].map((name): [string, Value] => [name, null]),
];

function finished(given: Given, work: (given: Given) => Value): Value {
  const value = work(given);
  given.finish();
  return value;
}

/** Python's range: (stop), (start, stop) or (start, stop, step). */
function range(given: Given): Value {
  const first = given.whole('start', 0);
  const last = given.whole('stop', null);
  const step = given.whole('step', 1);
  const [start, stop] = last === null ? [0, first] : [first, last];
  if (step === 0) throw new RangeError('range() takes no step of 0');
  return View.from({ length: Math.max(0, Math.ceil((stop - start) / step)) }, (_, i) => start + i * step);
}
