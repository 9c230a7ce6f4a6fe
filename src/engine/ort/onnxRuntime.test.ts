import { expect, test } from 'vitest';
import { requireSilentRuntime } from './onnxRuntime.ts';

test('a thread with a copy of an environment that leaves telemetry on is refused, with the way out', () => {
  expect(() => requireSilentRuntime({}, false)).toThrow(
    expect.objectContaining({
      code: 'UNSUPPORTED',
      message: expect.stringContaining("process.env.ORT_DISABLE_TELEMETRY = '1' in the main thread"),
    }),
  );
});

test.each([
  [{}, true],
  [{ ORT_DISABLE_TELEMETRY: '1' }, false],
  // a person who wants it has it
  [{ ORT_DISABLE_TELEMETRY: '0' }, false],
])('the environment %o is served, in the main thread: %s', (variables, main) => {
  expect(() => requireSilentRuntime(variables, main)).not.toThrow();
});
