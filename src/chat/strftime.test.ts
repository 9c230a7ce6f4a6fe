// Dates against Python's strftime (tools/reference/chats.py).
import { expect, it } from 'vitest';
import { chatFixture } from './chatFixture.testing.ts';
import { strftime } from './strftime.ts';

it.each(chatFixture.dates)('$moment as $format', ({ moment, format, text }) => {
  expect(strftime(new Date(moment), format)).toBe(text);
});

it.each(['%Q', '100%', '%-d'])('%s is refused', (format) => {
  expect(() => strftime(new Date(), format)).toThrow(/strftime does not know %/);
});
