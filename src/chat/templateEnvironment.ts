// What every chat template finds defined, after Hugging Face's: constants, range, raise_exception and
// strftime_now. The Jinja library has these too, but its raise_exception cannot be told from a failure, and
// its dates follow the machine's language.
import { Environment } from '@huggingface/jinja';
import { stripCharacters, stripMethods, stripName } from './pythonStrip.ts';
import { strftime } from './strftime.ts';

/** The template itself refused what it was given, in its own words. */
export class TemplateRefusal extends Error {
  override readonly name = 'TemplateRefusal';
}

/** An environment with these variables. @param now what the clock says. */
export function templateEnvironment(variables: Readonly<Record<string, unknown>>, now: Date): Environment {
  const globals = new Environment();
  for (const [value, ...names] of constants) for (const name of names) globals.set(name, value);
  globals.set('range', range);
  globals.set('raise_exception', (words: unknown) => {
    throw new TemplateRefusal(String(words));
  });
  globals.set('strftime_now', (format: string) => strftime(now, format));
  for (const method of stripMethods) {
    globals.set(stripName(method), (text: unknown, characters: unknown) =>
      stripCharacters(method, text, characters),
    );
  }
  // A scope of their own, so that a variable may be called as a function above is.
  const scope = new Environment(globals);
  for (const [name, value] of Object.entries(variables)) scope.set(name, value);
  return scope;
}

const constants = [
  [true, 'true', 'True'],
  [false, 'false', 'False'],
  [null, 'none', 'None'],
] as const;

/** Python's range: (stop), (start, stop) or (start, stop, step). */
function range(first: number, last?: number, step = 1): number[] {
  const [start, stop] = last === undefined ? [0, first] : [first, last];
  if (step === 0) throw new RangeError('range() takes no step of 0');
  return Array.from({ length: Math.max(0, Math.ceil((stop - start) / step)) }, (_, i) => start + i * step);
}
