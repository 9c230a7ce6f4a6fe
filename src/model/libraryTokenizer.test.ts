// The models' own tokenizer.json against what Python's `tokenizers` says, over scripts, white space and digits
// on which libraries disagree; then each difference between the libraries by itself.
import { describe, expect, test } from 'vitest';
import { textTokenizer } from './tokenizer.ts';
import { texts, tokenizerFixture, tokenizerNames } from './tokenizerFixtures.testing.ts';

describe.each(tokenizerNames)('the tokenizer.json of %s', (name) => {
  const fixture = tokenizerFixture(name);
  const tokenizer = textTokenizer(fixture.tokenizer, {}, 'tokenizer.json');

  test.each(texts)('reads and writes %s like Python', (text, content) => {
    const { ids, decoded } = fixture.texts[text];
    expect([...tokenizer.encode(content)]).toEqual(ids);
    expect(tokenizer.decode(ids)).toBe(decoded);
  });

  test('has the BOS that Python puts in front', () => {
    expect(tokenizer.bosId ?? null).toBe(fixture.bos);
  });
});

/** A byte-level tokenizer without merges whose words are whole tokens: its ids show where text was cut. */
function cutting(preTokenizers: readonly object[], words: readonly string[]) {
  return {
    added_tokens: [],
    normalizer: null,
    pre_tokenizer: { type: 'Sequence', pretokenizers: preTokenizers },
    post_processor: null,
    decoder: { type: 'Fuse' },
    model: {
      type: 'BPE',
      unk_token: '?',
      ignore_merges: true,
      vocab: Object.fromEntries(['?', ...words].map((word, id) => [word, id])),
      merges: [],
    },
  };
}

const isolated = (regex: string) => ({ type: 'Split', pattern: { Regex: regex }, behavior: 'Isolated' });

test.each<[string, object[], string, string[]]>([
  [
    'digits of every script, one by one',
    [{ type: 'Digits', individual_digits: true }],
    '٣٤a½',
    ['٣', '٤', 'a', '½'],
  ],
  [
    'digits of every script, in runs',
    [{ type: 'Digits', individual_digits: false }],
    '٣٤a½2',
    ['٣٤', 'a', '½2'],
  ],
  ['a long s as a contraction', [isolated("(?i:'s|'t)|\\p{L}+")], "it'ſay", ['it', "'ſ", 'ay']],
])('cuts %s', (_, pre, text, words) => {
  const tokenizer = textTokenizer(cutting(pre, words), {}, 'tokenizer.json');
  expect([...tokenizer.encode(text)]).toEqual(words.map((_, index) => index + 1));
});

test('a tokenizer that puts a space in front of a text keeps the space with the first word', () => {
  const prefix = { type: 'ByteLevel', add_prefix_space: true, use_regex: true };
  const tokenizer = textTokenizer(cutting([prefix], ['Ġab', 'Ġcd']), {}, 'tokenizer.json');
  expect([...tokenizer.encode('ab cd')]).toEqual([1, 2]);
});

test.each<[string, object]>([
  ['MergedWithPrevious', { ...isolated('a'), behavior: 'MergedWithPrevious' }],
  ['invert true', { ...isolated('a'), invert: true }],
  ['pattern {"Glob":"*"}', { ...isolated('a'), pattern: { Glob: '*' } }],
  ['FixedLength of length 0', { type: 'FixedLength', length: 0 }],
])('%s, which the library reads otherwise, is refused by name', (words, pre) => {
  const open = () => textTokenizer(cutting([pre], ['a']), {}, 'some/tokenizer.json');
  expect(open).toThrow(expect.objectContaining({ code: 'UNSUPPORTED' }));
  expect(open).toThrow(/^some\/tokenizer\.json: .* is not supported/);
  expect(open).toThrow(words);
});

test('merges of one rank join from the left, and those of a better rank first', () => {
  const vocab = Object.fromEntries(['a', 'b', 'ab', 'ba', 'abb', 'bab'].map((token, id) => [token, id]));
  const definition = {
    ...cutting([], []),
    pre_tokenizer: null,
    model: {
      type: 'BPE',
      vocab,
      merges: [
        ['b', 'a'],
        ['a', 'b'],
        ['ba', 'b'],
      ],
      merge_ranks: [0, 0, 1],
    },
  };
  const ids = (text: string) => [...textTokenizer(definition, {}, 'file').encode(text)];
  expect(ids('aba')).toEqual([2, 0]); // ab, a
  expect(ids('baba')).toEqual([3, 3]); // ba, ba
  expect(ids('bab')).toEqual([5]);
});
