// The door of the library: every argument of a public call passes here before any work is done. What is of the wrong
// kind is BAD_OPTION with the option, what it must be, and what came; whether a number suits its neighbours is for
// the room that uses it. `undefined` stands for a default and `null` for nothing: it is refused by name, since some
// would mean the default by it and some none.
import { TreekvError } from './error.ts';
import { requireKnownKeys } from './knownKeys.ts';

/** Looks at one value: undefined if it will do, else what it must be, as in "must be a text". */
export type Check = (value: unknown) => string | undefined;

/** A check by a predicate. */
export function check(rule: string, holds: (value: unknown) => boolean): Check {
  return (value) => (holds(value) ? undefined : rule);
}

/** For an option whose value is checked where its meaning is known; only null is refused here. */
export const isCheckedLater: Check = () => undefined;
export const isText = check('a text', (value) => typeof value === 'string');
export const isName = check('a text that is not empty', (value) => typeof value === 'string' && value !== '');
export const isFlag = check('true or false', (value) => typeof value === 'boolean');
export const isFunction = check('a function', (value) => typeof value === 'function');
export const isSignal = check('an AbortSignal', (value) => value instanceof AbortSignal);
export const isBytes = check('a Uint8Array', (value) => value instanceof Uint8Array);
export const isNumber = check('a number', (value) => typeof value === 'number' && !Number.isNaN(value));
/** An object with keys, as options are written. */
export const isObject = check('an object', isRecord);

/** An integer of at least `least`. */
export function isInteger(least: number): Check {
  return check(
    `an integer of at least ${least}`,
    (value) => Number.isSafeInteger(value) && Number(value) >= least,
  );
}

/** One of some words. */
export function isOneOf(words: readonly string[]): Check {
  return check(`one of ${words.join(', ')}`, (value) => words.includes(value as string));
}

/** A list whose every item passes. @param items what they are, as in "texts" */
export function isListOf(items: string, item: Check): Check {
  return check(
    `a list of ${items}`,
    (value) => Array.isArray(value) && Array.from(value).every((one) => item(one) === undefined),
  );
}

/**
 * Checks an object of options: that it is one, that its names are known, and each value that is given.
 * @param what the call, as in "Unknown generate option". Throws BAD_OPTION.
 */
export function requireOptions(
  what: string,
  options: unknown,
  checks: Readonly<Record<string, Check>>,
): void {
  if (!isRecord(options)) {
    const example = Object.keys(checks)[0];
    const message = `Options of ${what} must be an object, such as { ${example}: ... }, not ${shown(options)}.`;
    throw new TreekvError('BAD_OPTION', message, { what, value: options });
  }
  requireKnownKeys(what, options, Object.keys(checks));
  for (const [option, value] of Object.entries(options)) {
    if (value === null) {
      const message = `Option '${option}' is null; leave it out, or give undefined, for its default.`;
      throw new TreekvError('BAD_OPTION', message, { option, value });
    }
    if (value !== undefined) requireValue(`Option '${option}'`, option, value, checks[option]);
  }
}

/** Checks an argument that is no object of options. @param hint what to do instead. Throws BAD_OPTION. */
export function requireArgument(what: string, name: string, value: unknown, own: Check, hint = ''): void {
  requireValue(`The ${name} of ${what}`, name, value, own, hint);
}

function requireValue(subject: string, option: string, value: unknown, own: Check, hint = ''): void {
  const rule = own(value);
  if (rule === undefined) return;
  const message = `${subject} must be ${rule}, not ${shown(value)}.${hint}`;
  throw new TreekvError('BAD_OPTION', message, { option, value });
}

/** Throws ABORTED if the signal has fired: nothing is begun for who does not want it any more. */
export function requireNotAborted(signal: AbortSignal | undefined): void {
  if (!signal?.aborted) return;
  throw new TreekvError(
    'ABORTED',
    'The signal was aborted before the call; nothing was done.',
    {},
    {
      cause: signal.reason,
    },
  );
}

/** A value in an error message: short, and whatever it is. */
export function shown(value: unknown): string {
  if (typeof value === 'string')
    return value.length > 40 ? `${JSON.stringify(value.slice(0, 40))}...` : JSON.stringify(value);
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'function') return 'a function';
  if (typeof value !== 'object' || value === null) return String(value);
  if (ArrayBuffer.isView(value)) return `a ${value.constructor?.name ?? 'view'} of ${value.byteLength} bytes`;
  try {
    const text = JSON.stringify(value);
    if (text !== undefined && text.length <= 60) return text;
  } catch {
    // circular, or with a bigint in it
  }
  return Array.isArray(value) ? `a list of ${value.length}` : 'an object';
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  // what has a class is no bag of options: a Buffer, a Date, a signal in the wrong place
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
