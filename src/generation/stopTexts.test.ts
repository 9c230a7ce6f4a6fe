// Stop texts sorted by a tokenizer whose special tokens are known: the embedded model's.
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { openTokenizer, type TextTokenizer } from '../model/index.ts';
import { planStops } from './stopTexts.ts';

let tokenizer: TextTokenizer;

beforeAll(async () => {
  tokenizer = await openTokenizer(join(import.meta.dirname, '..', '..', 'models', 'books-27m-4k'));
});

test('a special token is met by its id, other text as text', () => {
  const stops = planStops(tokenizer, ['The end', '<|end_of_text|>', '<|pad|>', '<|']);
  expect(stops).toEqual({ texts: ['The end', '<|'], ids: [1, 2] });
});

test('a special token beside other text is refused with both', () => {
  expect(() => planStops(tokenizer, ['.<|end_of_text|>'])).toThrow(
    expect.objectContaining({
      code: 'BAD_OPTION',
      details: { option: 'stop', value: '.<|end_of_text|>', token: '<|end_of_text|>' },
    }),
  );
});

test.each(['The \ud83d end', 'a\udc00'])('half a character, which no tokens say, is refused: %j', (stop) => {
  expect(() => planStops(tokenizer, [stop])).toThrow(
    expect.objectContaining({ code: 'BAD_OPTION', message: expect.stringContaining('tokens cannot say') }),
  );
});

test('no stop texts are none', () => {
  expect(planStops(tokenizer, [])).toEqual({ texts: [], ids: [] });
});
