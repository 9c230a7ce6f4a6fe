// An option that is accepted and ignored is a lie; a mistyped one is the commonest. Every object of options
// that enters the library passes here first.
import { type ErrorDetails, TreekvError } from './error.ts';
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

/**
 * Throws `BAD_OPTION` if an option is given that has no effect on the choice at hand.
 * @param who that choice, in words.
 * @param applicable the options that have one.
 */
export function requireApplicableKeys(
  what: string,
  who: string,
  options: object,
  applicable: readonly string[],
  details: ErrorDetails = {},
): void {
  for (const [option, value] of Object.entries(options)) {
    if (value === undefined || applicable.includes(option)) continue;
    const rest = applicable.length === 0 ? 'no option' : applicable.join(', ');
    const message = `${what} option '${option}' does not apply to ${who}; what applies is: ${rest}.`;
    throw new TreekvError('BAD_OPTION', message, { option, ...details, applicable });
  }
}
