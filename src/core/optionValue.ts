// The two checks that nearly every option's value needs, worded once. They neither round nor clip: a value
// that does not fit is an error that says what would.
import { shown } from './arguments.ts';
import { TreekvError } from './error.ts';
import { nearest } from './nearest.ts';

/** The value, if it is an integer in [least, most]; throws `BAD_OPTION` otherwise. @param what 'Cache', say */
export function integerOption(
  what: string,
  option: string,
  value: number,
  least = 0,
  most = Infinity,
): number {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return value;
  const range = most === Infinity ? `of at least ${least}` : `from ${least} to ${most}`;
  const message = `${what} option '${option}' must be an integer ${range}, not ${shown(value)}.`;
  throw new TreekvError('BAD_OPTION', message, { option, value, least, most });
}

/** The value, if it is one of the words; throws `BAD_OPTION` with the nearest otherwise. @param what 'Cache', say */
export function wordOption<Word extends string>(
  what: string,
  option: string,
  value: Word,
  words: readonly Word[],
): Word {
  if (words.includes(value)) return value;
  const guess = typeof value === 'string' ? nearest(value, words) : undefined;
  const message = `${what} option '${option}' must be one of ${words.join(', ')}, not ${typeof value === 'string' ? `'${value}'` : shown(value)}.`;
  throw new TreekvError('BAD_OPTION', message, { option, value, words, nearest: guess });
}
