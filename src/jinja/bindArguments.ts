// The arguments of a function, method, filter or test, put in the order of its parameters, as Python puts them.
import { TemplateRunError } from './errors.ts';
import { type CallArguments, Callable, type Value } from './values.ts';

/**
 * What a function takes, one word a parameter: `name`, `name?` for one that may be absent, `*name` for any number of
 * them. Those before `/` cannot be named.
 */
export type Parameters = string;

/** The arguments in order, undefined where absent; those of `*name` come last. Throws TemplateRunError. */
export function bindArguments(
  name: string,
  parameters: Parameters,
  given: CallArguments,
): (Value | undefined)[] {
  const words = parameters.split(' ').filter((word) => word !== '');
  const placeOnly = words.indexOf('/');
  const names = words.filter((word) => word !== '/');
  const rest = names.at(-1)?.startsWith('*') ? names.pop() : undefined;
  if (given.plain.length > names.length && rest === undefined) {
    throw new TemplateRunError(
      `${name}() takes at most ${names.length} arguments (${given.plain.length} given)`,
    );
  }
  const found: (Value | undefined)[] = given.plain.slice(0, names.length);
  for (let i = found.length; i < names.length; i++) found.push(undefined);
  for (const [key, value] of given.named) {
    const at = names.findIndex((word, i) => i >= placeOnly && word.replace('?', '') === key);
    if (at < 0) throw new TemplateRunError(`${name}() got an unexpected keyword argument '${key}'`);
    if (found[at] !== undefined)
      throw new TemplateRunError(`${name}() got multiple values for argument '${key}'`);
    found[at] = value;
  }
  const missing = names.findIndex((word, i) => !word.endsWith('?') && found[i] === undefined);
  if (missing >= 0) throw new TemplateRunError(`${name}() missing a required argument: '${names[missing]}'`);
  return [...found, ...given.plain.slice(names.length)];
}

/** A function of these parameters. */
export function callable(
  name: string,
  parameters: Parameters,
  run: (...given: (Value | undefined)[]) => Value,
): Callable {
  return new Callable(name, (given) => run(...bindArguments(name, parameters, given)));
}
