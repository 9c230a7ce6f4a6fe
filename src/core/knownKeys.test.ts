// Unknown options are errors that name the option and its likely meaning.
import { expect, test } from 'vitest';
import { TreekvError } from './error.ts';
import { requireKnownKeys } from './knownKeys.ts';

const names = ['budget', 'sinks', 'recent'];

function refused(options: object): unknown {
  try {
    requireKnownKeys('cache', options, names);
  } catch (error) {
    return error;
  }
  return undefined;
}

test('known options pass, undefined ones among them', () => {
  expect(refused({ budget: 1, sinks: undefined })).toBeUndefined();
  expect(refused({})).toBeUndefined();
});

test('an unknown option is BAD_OPTION and lists what there is', () => {
  const error = refused({ budget: 1, colour: 2 });
  expect(error).toBeInstanceOf(TreekvError);
  expect(error).toMatchObject({
    code: 'BAD_OPTION',
    message: "Unknown cache option 'colour'. Options: budget, sinks, recent.",
    details: { option: 'colour', options: names },
  });
});

test('a mistyped option is told what it probably meant', () => {
  expect(refused({ bugdet: 1 })).toMatchObject({
    message: expect.stringContaining("Did you mean 'budget'?"),
    details: { nearest: 'budget' },
  });
});

test('an unknown option is refused even when it is undefined', () => {
  expect(refused({ bugdet: undefined })).toMatchObject({ code: 'BAD_OPTION' });
});

test('names from Object.prototype are no options', () => {
  expect(refused({ toString: 1 })).toMatchObject({ code: 'BAD_OPTION' });
});
