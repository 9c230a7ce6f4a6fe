// Unknown options are errors that name the option and its likely meaning.
import { expect, test } from 'vitest';
import { TreekvError } from './error.ts';
import { requireApplicableKeys, requireKnownKeys } from './knownKeys.ts';

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

test('an option that applies passes, as does one that is undefined', () => {
  const check = (options: object) => () =>
    requireApplicableKeys('Cache', "policy 'full'", options, ['budget'], { policy: 'full' });
  expect(check({ budget: 1, seed: undefined })).not.toThrow();
  expect(check({ seed: 0 })).toThrow(
    expect.objectContaining({
      code: 'BAD_OPTION',
      message: "Cache option 'seed' does not apply to policy 'full'; what applies is: budget.",
      details: { option: 'seed', policy: 'full', applicable: ['budget'] },
    }),
  );
});

test('where no option applies the error says so', () => {
  expect(() => requireApplicableKeys('Prefill', "method 'h2o'", { window: 1 }, [])).toThrow(
    'what applies is: no option.',
  );
});
