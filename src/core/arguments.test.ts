// The checks at the door, each with what it says. That every public call passes through them is test/arguments.test.ts's.
import { describe, expect, test } from 'vitest';
import {
  isInteger,
  isListOf,
  isObject,
  isOneOf,
  isText,
  requireArgument,
  requireNotAborted,
  requireOptions,
  shown,
} from './arguments.ts';

const checks = { count: isInteger(1), word: isOneOf(['a', 'b']), texts: isListOf('texts', isText) };

test.each<[unknown, string]>([
  [100, 'Options of call must be an object, such as { count: ... }, not 100.'],
  [null, 'Options of call must be an object, such as { count: ... }, not null.'],
  [['a'], 'Options of call must be an object, such as { count: ... }, not ["a"].'],
  [Buffer.from('ab'), 'Options of call must be an object, such as { count: ... }, not a Buffer of 2 bytes.'],
  [{ cuont: 1 }, "Unknown call option 'cuont'. Did you mean 'count'?"],
  [{ count: null }, "Option 'count' is null; leave it out, or give undefined, for its default."],
  [{ count: 0 }, "Option 'count' must be an integer of at least 1, not 0."],
  [{ word: 'c' }, 'Option \'word\' must be one of a, b, not "c".'],
  [{ texts: ['a', 1] }, 'Option \'texts\' must be a list of texts, not ["a",1].'],
])('%o is refused', (options, words) => {
  expect(() => requireOptions('call', options, checks)).toThrow(
    expect.objectContaining({ code: 'BAD_OPTION', message: expect.stringContaining(words) }),
  );
});

test('what fits passes, undefined and objects without a prototype too', () => {
  requireOptions('call', { count: 1, word: undefined, texts: [] }, checks);
  requireOptions('call', Object.assign(Object.create(null), { word: 'b' }), checks);
});

test('what has a class is no object of options', () => {
  for (const value of [new Date(0), new Map(), new AbortController().signal]) {
    expect(isObject(value)).toBe('an object');
  }
});

test('an argument is named with its call, and with what to do instead', () => {
  expect(() => requireArgument('generate', 'prompt', 5, isText, ' Write it out.')).toThrow(
    'The prompt of generate must be a text, not 5. Write it out.',
  );
});

describe('a value in an error is short, whatever it is:', () => {
  const circular: Record<string, unknown> = {};
  circular.self = circular;
  test.each<[unknown, string]>([
    [10n, '10n'],
    [Symbol('s'), 'Symbol(s)'],
    [circular, 'an object'],
    [{ a: 10n }, 'an object'],
    [Array(99).fill('long'), 'a list of 99'],
    ['x'.repeat(50), `"${'x'.repeat(40)}"...`],
    [() => 1, 'a function'],
    [undefined, 'undefined'],
    [Object.create(null), '{}'],
  ])('%o', (value, words) => expect(shown(value)).toBe(words));
});

test('a signal that has fired is ABORTED with its reason, and any other passes', () => {
  requireNotAborted(undefined);
  requireNotAborted(new AbortController().signal);
  expect(() => requireNotAborted(AbortSignal.abort('enough'))).toThrow(
    expect.objectContaining({ code: 'ABORTED', cause: 'enough' }),
  );
});
