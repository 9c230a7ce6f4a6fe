// An option that is accepted and ignored is a lie; a mistyped one is the commonest. Every object of options
// that enters the library passes here first.
import { TreekvError } from './error.ts';
import { nearest } from './nearest.ts';

/** Throws `BAD_OPTION` if `options` has a key that is not among `names`. */
export function requireKnownKeys(what: string, options: object, names: readonly string[]): void {
  for (const option of Object.keys(options)) {
    if (names.includes(option)) continue;
    const guess = nearest(option, names);
    const hint = guess === undefined ? '' : ` Did you mean '${guess}'?`;
    const message = `Unknown ${what} option '${option}'.${hint} Options: ${names.join(', ')}.`;
    throw new TreekvError('BAD_OPTION', message, { option, nearest: guess, options: names });
  }
}
