import { expect, test } from 'vitest';
import { TreekvError } from '../core/index.ts';
import { type RetryPlan, retrying, transient } from './retry.ts';

const plan: RetryPlan = { attempts: 3, firstWaitMs: 0, longestWaitMs: 1000, stallMs: 1000 };
const passing = (waitMs?: number) => transient('The hub is busy.', { status: 503 }, waitMs);

/** An action that fails with these errors, then answers how often it was called. */
function failing(errors: readonly Error[]) {
  const state = { calls: 0 };
  return {
    state,
    action: async () => {
      const error = errors[state.calls++];
      if (error !== undefined) throw error;
      return state.calls;
    },
  };
}

test('what passes is tried again', async () => {
  expect(await retrying(plan, undefined, failing([passing(), passing()]).action)).toBe(3);
});

test('after the last attempt the error says how often it was tried', async () => {
  const { state, action } = failing(new Array(9).fill(passing()));
  await expect(retrying(plan, undefined, action)).rejects.toMatchObject({
    code: 'DOWNLOAD_FAILED',
    message: 'The hub is busy. Tried 3 times.',
    details: { status: 503, attempts: 3, transient: true },
  });
  expect(state.calls).toBe(3);
});

test('progress starts the count anew', async () => {
  const { state, action } = failing(new Array(4).fill(passing()));
  let progress = 3;
  expect(await retrying(plan, undefined, action, () => progress-- > 0)).toBe(5);
  expect(state.calls).toBe(5);
});

test.each([new TreekvError('FILE_NOT_FOUND', 'gone'), new RangeError('ours')])(
  '%s is not tried again',
  async (error) => {
    const { state, action } = failing([error]);
    await expect(retrying(plan, undefined, action)).rejects.toBe(error);
    expect(state.calls).toBe(1);
  },
);

test('a hub that asks for more patience than there is has refused', async () => {
  const { state, action } = failing([passing(1001)]);
  await expect(retrying(plan, undefined, action)).rejects.toThrow(/asks for 2 s of patience/);
  expect(state.calls).toBe(1);
});

test("the wait that the hub asks for takes the place of the plan's", async () => {
  const slow = { ...plan, firstWaitMs: 1_000_000, longestWaitMs: 1_000_000 };
  expect(await retrying(slow, undefined, failing([passing(0), passing(1)]).action)).toBe(3);
});

test('an abort ends the wait', async () => {
  const controller = new AbortController();
  const attempt = retrying(
    { ...plan, firstWaitMs: 1_000_000, longestWaitMs: 1_000_000 },
    controller.signal,
    () => {
      setImmediate(() => controller.abort());
      return Promise.reject(passing());
    },
  );
  await expect(attempt).rejects.toMatchObject({ code: 'ABORTED' });
});
