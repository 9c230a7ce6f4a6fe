// That it really collects: what nobody holds any more is gone when it returns.
import { expect, test } from 'vitest';
import { collectGarbage } from './collectGarbage.ts';

test('what is not held any more is freed', async () => {
  const freed = new WeakRef(new Float64Array(1000));
  // a WeakRef keeps its target until the present job ends
  await new Promise((resolve) => setImmediate(resolve));
  expect(freed.deref()).toBeDefined();
  await new Promise((resolve) => setImmediate(resolve));
  collectGarbage();
  expect(freed.deref()).toBeUndefined();
});
