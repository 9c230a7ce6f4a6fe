import { expect, test } from 'vitest';
import { readCounter, readFloats } from './policyState.ts';

test('a state of another policy is refused, not read as zeros', () => {
  const read = () => readFloats({ turn: Float64Array.of(3) }, 'sums');
  expect(read).toThrow(expect.objectContaining({ code: 'BAD_SNAPSHOT' }));
  expect(read).toThrow("holds no Float64Array 'sums', only: turn");
});

test('a counter that is missing, negative or broken is refused', () => {
  expect(readCounter({ turn: Float64Array.of(3) }, 'turn')).toBe(3);
  for (const turn of [[], [-1], [0.5], [Number.NaN]]) {
    const read = () => readCounter({ turn: Float64Array.from(turn) }, 'turn');
    expect(read).toThrow(expect.objectContaining({ code: 'BAD_SNAPSHOT' }));
  }
});
