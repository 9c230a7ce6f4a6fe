// Peak and mean of the bytes held, weighted by tokens.
import { expect, test } from 'vitest';
import { CacheMeter } from './cacheMeter.ts';

test('the mean counts each token once, and the peak counts moments without tokens too', () => {
  const meter = new CacheMeter();
  meter.note(100, 3);
  meter.note(900);
  meter.note(500, 1);
  expect(meter.peak).toBe(900);
  expect(meter.mean).toBe((3 * 100 + 500) / 4);
});

test('without tokens the mean is what was held', () => {
  const meter = new CacheMeter();
  meter.note(64);
  expect(meter.mean).toBe(64);
});
