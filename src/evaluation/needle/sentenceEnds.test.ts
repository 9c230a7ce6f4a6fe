// Sentences of English prose: where they end, and what only looks like it.
import { expect, test } from 'vitest';
import { sentenceEnds } from './sentenceEnds.ts';

const sentences = (text: string): string[] => {
  const ends = sentenceEnds(text);
  return ends.map((end, i) => text.slice(ends[i - 1] ?? 0, end).trim());
};

test('full stops, exclamation and question marks end sentences, with the quotes and brackets behind them', () => {
  expect(sentences('He came. "Why?" she said. (No answer!) He left...\n\n“So?” Silence.')).toEqual([
    'He came.',
    '"Why?"',
    'she said.',
    '(No answer!)',
    'He left...',
    '“So?”',
    'Silence.',
  ]);
});

test('titles, initials, numbers and abbreviations do not', () => {
  expect(sentences('Mr. and Mrs. Dale of St. Ives met J. R. Hart at 4.30 near No. 7. It rained.')).toEqual([
    'Mr. and Mrs. Dale of St. Ives met J. R. Hart at 4.30 near No. 7.',
    'It rained.',
  ]);
});

test('a text without an end has none', () => {
  expect(sentenceEnds('no end here')).toEqual([]);
  expect(sentenceEnds('')).toEqual([]);
});
