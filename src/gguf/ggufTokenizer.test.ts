// GGUF metadata as tokenizers: the same ids and texts that Python gives for the models' own tokenizer.json, and
// an error that names what is wrong for metadata that is damaged or unknown.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { textTokenizer } from '../model/index.ts';
import { ggufMetadata, texts, tokenizerFixture, tokenizerNames } from '../model/tokenizerFixtures.testing.ts';
import type { GgufMetadata, GgufValue } from './gguf.ts';
import { ggufTokenizer } from './ggufTokenizer.ts';

const file = 'models/some.gguf';

function open(metadata: GgufMetadata) {
  const { tokenizer, config } = ggufTokenizer(metadata, file);
  return textTokenizer(tokenizer, config, file);
}

describe.each(tokenizerNames)('the metadata of %s', (name) => {
  const fixture = tokenizerFixture(name);
  const tokenizer = open(ggufMetadata(fixture));

  test.each(texts)('reads and writes %s like Python', (text, content) => {
    const { ids, decoded, sentencepiece } = fixture.texts[text];
    expect([...tokenizer.encode(content)]).toEqual(sentencepiece ?? ids);
    expect(tokenizer.decode(ids)).toBe(decoded);
  });

  test('has the BOS that Python puts in front', () => {
    expect(tokenizer.bosId ?? null).toBe(fixture.bos);
  });
});

const byteLevel = tokenizerFixture('gpt2');
const sentencePiece = tokenizerFixture('llama2');
const key = (name: string) => `tokenizer.ggml.${name}`;

describe('a text comes back from its ids', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.string({
      unit: fc.constantFrom('a', ' ', '\n', "'", 's', '1', 'é', '好', '\u{1F468}\u200d\u{1F469}'),
      maxLength: 40,
    }),
  );
  // SmolLM's vocabulary lacks bytes.
  test.each(tokenizerNames.filter((name) => name !== 'smollm'))('of %s', (name) => {
    const tokenizer = open(ggufMetadata(tokenizerFixture(name)));
    fc.assert(
      fc.property(text, (content) => {
        fc.pre(!/[<\u2581]/.test(content));
        const composed = name === 'qwen2' ? content.normalize('NFC') : content;
        expect(tokenizer.decode(tokenizer.encode(content))).toBe(composed);
      }),
      { numRuns: 300 },
    );
  });
});

describe('BOS', () => {
  const begin = byteLevel.gguf[key('bos_token_id')];

  test.each<[string, Record<string, GgufValue | undefined>, unknown]>([
    ['comes first where the file asks for it', { add_bos_token: true }, begin],
    ['does not where it asks for none', { pre: 'llama-bpe', add_bos_token: false }, undefined],
    ['comes first by default with llama-bpe', { pre: 'llama-bpe' }, begin],
    ['does not by default with gpt-2', {}, undefined],
  ])('%s', (_, changes, expected) => {
    const prefixed = Object.entries(changes).map(([name, value]) => [key(name), value]);
    expect(open(ggufMetadata(byteLevel, Object.fromEntries(prefixed))).bosId).toBe(expected);
  });

  test('of sentencepiece is token 1 by default', () => {
    expect(open(ggufMetadata(sentencePiece, { [key('bos_token_id')]: undefined })).bosId).toBe(1);
  });

  test('that is asked for but not there is an error', () => {
    const changes = { [key('add_bos_token')]: true, [key('bos_token_id')]: 0xffffffff };
    expect(() => open(ggufMetadata(byteLevel, changes))).toThrow(/tokenizer\.ggml\.bos_token_id is absent/);
  });

  test('comes alone: a file that asks for an EOS behind a text is refused by name', () => {
    const changes = { [key('add_bos_token')]: true, [key('add_eos_token')]: true };
    const message = expect.stringContaining('tokenizer.ggml.add_eos_token');
    expect(() => open(ggufMetadata(byteLevel, changes))).toThrow(
      expect.objectContaining({ code: 'UNSUPPORTED', message }),
    );
  });
});

test('decoded text leaves control tokens out and keeps those that the user defined', () => {
  const tokenizer = open(ggufMetadata(byteLevel));
  const ids = tokenizer.encode('a<|end|><tool>b');
  expect(ids).toHaveLength(4);
  expect(tokenizer.decode(ids)).toBe('a<tool>b');
});

test('the ids of padding are no text, and its name is not a token', () => {
  const tokenizer = open(ggufMetadata(byteLevel));
  const tokens = byteLevel.gguf[key('tokens')] as string[];
  const padding = tokens.length - 1;
  expect(tokens[padding]).toBe(`[PAD${padding}]`);
  expect(tokenizer.decode([padding, ...tokenizer.encode('a'), tokens.length + 5])).toBe('a');
  expect([...tokenizer.encode(tokens[padding])]).not.toContain(padding);
});

test('the config names the special tokens', () => {
  expect(ggufTokenizer(ggufMetadata(sentencePiece), file).config).toMatchObject({
    bos_token: '<s>',
    eos_token: '</s>',
    unk_token: '<unk>',
  });
});

test('tokens with names that JavaScript objects have themselves are ordinary tokens', () => {
  const tokens = ['_', '__proto__', 'constructor', '7'];
  const metadata = ggufMetadata(byteLevel, {
    [key('tokens')]: tokens,
    [key('token_type')]: Int32Array.of(1, 3, 3, 3),
    [key('merges')]: [],
    [key('bos_token_id')]: undefined,
    [key('eos_token_id')]: undefined,
  });
  expect([...open(metadata).encode('_constructor__proto__7_')]).toEqual([0, 2, 1, 3, 0]);
});

describe('damage is named with its numbers', () => {
  const count = (byteLevel.gguf[key('tokens')] as string[]).length;
  const merges = byteLevel.gguf[key('merges')] as string[];
  const types = Int32Array.from(byteLevel.gguf[key('token_type')] as number[]);
  const tokens = byteLevel.gguf[key('tokens')] as string[];

  test.each<[string, Record<string, GgufValue | undefined>, RegExp]>([
    ['no kind', { model: undefined }, /tokenizer\.ggml\.model is absent/],
    ['a kind that is no text', { model: 3 }, /tokenizer\.ggml\.model is 3; it must be a text/],
    ['no tokens', { tokens: undefined }, /tokenizer\.ggml\.tokens is absent/],
    ['an empty list of tokens', { tokens: [] }, /tokenizer\.ggml\.tokens holds no token/],
    [
      'tokens that are numbers',
      { tokens: types },
      /tokens is a list of \d+ numbers; it must be a list of texts/,
    ],
    ['no token types', { token_type: undefined }, /tokenizer\.ggml\.token_type is absent/],
    [
      'too few token types',
      { token_type: types.slice(1) },
      new RegExp(`holds ${count - 1} numbers, but there are ${count}`),
    ],
    ['an unknown token type', { token_type: types.with(5, 7) }, /token 5 is of type 7; types go from 0 to 6/],
    ['a token twice', { tokens: tokens.with(9, tokens[3]) }, /tokens 3 and 9 are both/],
    ['no merges', { merges: undefined }, /tokenizer\.ggml\.merges is absent/],
    ['a merge of one part', { merges: merges.with(2, 'abc') }, /merge 2 is "abc", but "abc" is not a token/],
    [
      'a merge that makes no token',
      { merges: ['! \u0100'] },
      /merge 0 is "! \u0100", but "!\u0100" is not a token/,
    ],
    [
      'an id beyond the tokens',
      { eos_token_id: count },
      new RegExp(`eos_token_id is ${count}, but .* end at ${count - 1}`),
    ],
    ['an id that is not whole', { eos_token_id: 1.5 }, /eos_token_id is 1\.5/],
    ['a flag that is a number', { add_bos_token: 1 }, /add_bos_token is 1; it must be true or false/],
  ])('%s', (_, changes, words) => {
    const prefixed = Object.fromEntries(Object.entries(changes).map(([name, value]) => [key(name), value]));
    const read = () => ggufTokenizer(ggufMetadata(byteLevel, prefixed), file);
    expect(read).toThrow(expect.objectContaining({ name: 'TreekvError', code: 'BAD_FILE' }));
    expect(read).toThrow(/^models\/some\.gguf: /);
    expect(read).toThrow(words);
  });

  test.each<[string, GgufValue | undefined, RegExp]>([
    ['no scores', undefined, /tokenizer\.ggml\.scores is absent/],
    ['too few scores', Float32Array.of(1, 2), /tokenizer\.ggml\.scores holds 2 numbers/],
    [
      'a score that is not a number',
      new Float32Array(tokenCount(sentencePiece.gguf)).fill(Number.NaN),
      /token 0 has the score NaN/,
    ],
  ])('%s', (_, scores, words) => {
    const read = () => ggufTokenizer(ggufMetadata(sentencePiece, { [key('scores')]: scores }), file);
    expect(read).toThrow(expect.objectContaining({ code: 'BAD_FILE' }));
    expect(read).toThrow(words);
  });
});

function tokenCount(gguf: typeof sentencePiece.gguf): number {
  return (gguf[key('tokens')] as string[]).length;
}

describe('what treekv does not read is refused by name', () => {
  test.each(['bert', 't5', 'rwkv', 'plamo2', 'none'])('the kind %s', (kind) => {
    const read = () => ggufTokenizer(ggufMetadata(byteLevel, { [key('model')]: kind }), file);
    expect(read).toThrow(expect.objectContaining({ code: 'UNSUPPORTED' }));
    expect(read).toThrow(
      `models/some.gguf: tokenizer.ggml.model "${kind}" is not supported; treekv reads gpt2 and llama`,
    );
  });

  test.each<[string, GgufValue]>([
    ['remove_extra_whitespaces', true],
    ['precompiled_charsmap', Uint8Array.of(1, 2)],
  ])("sentencepiece's normalisation by %s", (name, value) => {
    const read = () => ggufTokenizer(ggufMetadata(sentencePiece, { [key(name)]: value }), file);
    expect(read).toThrow(expect.objectContaining({ code: 'UNSUPPORTED' }));
    expect(read).toThrow(key(name));
  });
});

test('words are read one by one only where no piece goes beyond a word', () => {
  const preTokenizer = (metadata: GgufMetadata) => ggufTokenizer(metadata, file).tokenizer.pre_tokenizer;
  expect(preTokenizer(ggufMetadata(sentencePiece))).toMatchObject({ type: 'Split' });
  const tokens = [...(sentencePiece.gguf[key('tokens')] as string[])];
  tokens[300] = 'of\u2581the';
  expect(preTokenizer(ggufMetadata(sentencePiece, { [key('tokens')]: tokens }))).toBeNull();
});
