import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { environmentPath } from './environmentPath.ts';

const variables = { HOME: '/h', DISK: '/d', TILDE: '~/t', EMPTY: '' };

// what Python gives for os.path.abspath(os.path.expandvars(os.path.expanduser(value)))
test.each([
  ['/a', '/a'],
  ['~', '/h'],
  ['~/a', '/h/a'],
  ['/a/~/b', '/a/~/b'],
  ['$HOME/a', '/h/a'],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the shell's
  ['${DISK}/a$EMPTY', '/d/a'],
  ['~/$DISK', '/h/d'],
  ['a/../b', resolve('b')],
  ['./a', resolve('a')],
  ['$TILDE', resolve('~/t')],
  ['/a//b/', '/a/b'],
])('%s is %s', (value, path) => {
  expect(environmentPath({ ...variables, V: value }, 'V')).toBe(path);
});

test('an unset or empty variable names nothing', () => {
  expect(environmentPath(variables, 'EMPTY')).toBeUndefined();
  expect(environmentPath(variables, 'NONE')).toBeUndefined();
});

test.each([
  ['$NONE/a', /V: .*the variable NONE, which is not set/],
  ['~somebody/a', /V: .*the home of the user somebody; write that folder out/],
])('%s is BAD_OPTION and names the variable', (value, message) => {
  expect(() => environmentPath({ ...variables, V: value }, 'V')).toThrow(
    expect.objectContaining({
      code: 'BAD_OPTION',
      details: { name: 'V' },
      message: expect.stringMatching(message),
    }),
  );
});
