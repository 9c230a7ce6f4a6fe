// Spaces that transformers cleans up, where a tokenizer asks for it.
import { expect, test } from 'vitest';
import { decodeText } from './decodeText.ts';

const saying = (text: string, cleansUpSpaces: boolean) => ({ decode: () => text, cleansUpSpaces });

test.each([
  ['He came . Did he ? Yes , he did !', 'He came. Did he? Yes, he did!'],
  [
    "I 'm sure she 's here , we 've time and they 're late",
    "I'm sure she's here, we've time and they're late",
  ],
  ["They do n't say ' no ' , ever", "They don't say'no ', ever"],
  ['x = a . b [ 1 , 2 ]', 'x = a. b [ 1, 2 ]'],
  ['nothing to do: a.b, c', 'nothing to do: a.b, c'],
])('%j becomes %j, and stays where the tokenizer does not ask', (text, cleaned) => {
  expect(decodeText(saying(text, true), [1])).toBe(cleaned);
  expect(decodeText(saying(text, false), [1])).toBe(text);
});
