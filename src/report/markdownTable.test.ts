// Markdown tables: their form, and text that would break it.
import { expect, test } from 'vitest';
import { markdownTable } from './markdownTable.ts';

test('the first column stands left and the others right, unless said otherwise', () => {
  expect(markdownTable(['a', 'b'], [['x', '1']]).split('\n')).toEqual([
    '| a | b |',
    '| --- | ---: |',
    '| x | 1 |',
  ]);
  expect(markdownTable(['a', 'b'], [], ['right', 'left'])).toBe('| a | b |\n| ---: | --- |');
});

test('a bar or a line break in a cell stays in its cell', () => {
  expect(markdownTable(['a'], [['x|y\nz']])).toContain('| x\\|y z |');
});
