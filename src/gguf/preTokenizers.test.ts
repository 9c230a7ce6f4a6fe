// Where each name cuts text, against Python's engine with the expressions of the models' own tokenizer.json.
import { Tokenizer } from '@huggingface/tokenizers';
import { describe, expect, test } from 'vitest';
import { cuts, texts } from '../model/tokenizerFixtures.testing.ts';
import { MetadataReader } from './metadataReader.ts';
import { type PreTokenizer, preTokenizer } from './preTokenizers.ts';

const named = (name: string) =>
  preTokenizer(new MetadataReader(new Map([['tokenizer.ggml.pre', name]]), 'a.gguf'));

/** Code points between cuts. */
function lengths(text: string, { splits }: PreTokenizer): number[] {
  const pretokenizers = splits.map((regex) => ({
    type: 'Split',
    pattern: { Regex: regex },
    behavior: 'Isolated',
  }));
  const { pre_tokenizer } = new Tokenizer(
    {
      added_tokens: [],
      normalizer: null,
      pre_tokenizer: { type: 'Sequence', pretokenizers },
      post_processor: null,
      decoder: null,
      model: { type: 'BPE', vocab: {}, merges: [] },
    },
    {},
  );
  const pieces: string[] = pre_tokenizer.pre_tokenize(text);
  return pieces.map((piece) => Array.from(piece).length);
}

describe.each(Object.entries(cuts))('%s', (name, expected) => {
  test.each(texts)('cuts %s like Python', (text, content) => {
    expect(lengths(content, named(name))).toEqual(expected[text]);
  });
});

test.each([
  ['llama3', 'llama-bpe'],
  ['llama-v3', 'llama-bpe'],
  ['starcoder', 'smollm'],
  ['refact', 'smollm'],
  ['deepseek-r1-qwen', 'qwen2'],
])('%s is another name of %s', (name, same) => {
  expect(named(name)).toEqual(named(same));
});

test('smaug-bpe cuts like llama-bpe, but takes no whole tokens and has no BOS', () => {
  expect(named('smaug-bpe')).toEqual({ ...named('llama-bpe'), wholeTokens: false, bos: false });
});

test.each([
  ['llama-bpe', { composed: false, wholeTokens: true, bos: true }],
  ['tekken', { composed: false, wholeTokens: true, bos: true }],
  ['qwen2', { composed: true, wholeTokens: false, bos: false }],
  ['gpt-2', { composed: false, wholeTokens: false, bos: false }],
  ['smollm', { composed: false, wholeTokens: false, bos: false }],
])('what %s does beside cutting', (name, expected) => {
  expect(named(name)).toMatchObject(expected);
});

test('a name that is not known is refused, with those that are', () => {
  expect(() => named('falcon')).toThrow(
    expect.objectContaining({
      code: 'UNSUPPORTED',
      message: expect.stringMatching(/^a\.gguf: tokenizer\.ggml\.pre "falcon" .* default, gpt-2, smollm, /),
    }),
  );
});

test('a file that names none is refused rather than cut as llama.cpp guesses', () => {
  expect(() => preTokenizer(new MetadataReader(new Map(), 'a.gguf'))).toThrow(
    expect.objectContaining({
      code: 'UNSUPPORTED',
      message: expect.stringContaining('tokenizer.ggml.pre is absent'),
    }),
  );
});
