// The flags of prefill, as the library's option.
import { Command } from 'commander';
import { expect, test } from 'vitest';
import { addPrefillOptions, prefillOptions } from './prefillOptions.ts';

function parsed(...words: string[]) {
  return prefillOptions(addPrefillOptions(new Command()).parse(words, { from: 'user' }).opts());
}

test('without a flag the library decides', () => {
  expect(parsed()).toBeUndefined();
});

test('each flag is an option', () => {
  const snapkv = parsed(
    ...['--prefill', 'full', '--prefill-method', 'snapkv', '--prefill-window', '16'],
    ...['--prefill-kernel', '5', '--prefill-pooling', 'avg'],
  );
  expect(snapkv).toEqual({ mode: 'full', method: 'snapkv', window: 16, kernel: 5, pooling: 'avg' });
  expect(parsed('--prefill', 'full', '--prefill-block', '4')).toEqual({ mode: 'full', block: 4 });
});

test('an option without a mode meets the default mode, which refuses it by name', () => {
  expect(parsed('--prefill-block', '4')).toEqual({ mode: 'chunked', block: 4 });
});
