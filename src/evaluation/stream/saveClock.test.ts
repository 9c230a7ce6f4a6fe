// When a state is saved, on a clock that stands still unless it is moved.
import { expect, test } from 'vitest';
import { SaveClock } from './saveClock.ts';

function clockwork(every?: number, position = 0) {
  const time = { now: 0 };
  const clock = new SaveClock(every, position, () => time.now);
  const save = (at: number, cost: number) =>
    clock.save(at, async () => {
      time.now += cost;
    });
  return { time, clock, save };
}

test('by tokens: after so many, counted from the last save or from where the run began', async () => {
  const { clock, save } = clockwork(100, 1000);
  expect(clock.due(1099)).toBe(false);
  expect(clock.due(1104)).toBe(true);
  await save(1104, 1);
  expect(clock.due(1203)).toBe(false);
  expect(clock.due(1204)).toBe(true);
});

test('by time: half a minute apart where saving is cheap', async () => {
  const { time, clock, save } = clockwork();
  time.now = 29_999;
  expect(clock.due(1e6)).toBe(false);
  time.now = 30_000;
  expect(clock.due(1)).toBe(true);
  await save(1, 100);
  time.now += 29_999;
  expect(clock.due(1e6)).toBe(false);
  time.now += 1;
  expect(clock.due(1e6)).toBe(true);
});

test('by time: a hundred times its cost apart where saving is dear', async () => {
  const { time, clock, save } = clockwork();
  await save(1, 2000);
  time.now += 199_999;
  expect(clock.due(1e6)).toBe(false);
  time.now += 1;
  expect(clock.due(1e6)).toBe(true);
});

test('a save that fails counts as none', async () => {
  const { clock } = clockwork(10);
  await expect(clock.save(50, () => Promise.reject(new Error('full')))).rejects.toThrow('full');
  expect(clock.due(10)).toBe(true);
});
