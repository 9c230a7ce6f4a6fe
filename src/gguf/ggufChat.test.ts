// Chat templates and ends of text from GGUF metadata.
import { describe, expect, expectTypeOf, test } from 'vitest';
import type { ChatTemplateText } from '../model/index.ts';
import { ggufMetadata, tokenizerFixture } from '../model/tokenizerFixtures.testing.ts';
import type { GgufValue } from './gguf.ts';
import { type GgufChatTemplate, ggufChatTemplate, ggufEosIds } from './ggufChat.ts';

const file = 'models/some.gguf';
const key = 'tokenizer.chat_template';
const chat = (changes: Record<string, GgufValue>) =>
  ggufChatTemplate(ggufMetadata(tokenizerFixture('llama2'), changes), file);

describe('the chat template', () => {
  test('comes with the tokens that it may name', () => {
    expect(chat({ [key]: '{{ bos_token }}' })).toEqual({
      file,
      template: '{{ bos_token }}',
      named: new Map(),
      tokens: { bos_token: '<s>', eos_token: '</s>', unk_token: '<unk>' },
    });
  });

  test('may have others beside it, by name', () => {
    expect(
      chat({ [key]: 'plain', [`${key}.tool_use`]: 'tools', 'tokenizer.chat_templates': ['tool_use'] }),
    ).toMatchObject({
      template: 'plain',
      named: new Map([['tool_use', 'tools']]),
    });
  });

  test('is the one called default where there are only named ones', () => {
    expect(chat({ [`${key}.rag`]: 'a', [`${key}.default`]: 'b' }).template).toBe('b');
  });

  test('of a base model is absent, its tokens are not', () => {
    expect(chat({})).toMatchObject({ template: undefined, tokens: { bos_token: '<s>' } });
  });

  test.each([key, `${key}.tool_use`])('that is no text is an error: %s', (name) => {
    expect(() => chat({ [name]: 5 })).toThrow(`${file}: ${name} is 5; it must be a text`);
  });

  test('has the shape of those of model folders', () => {
    expectTypeOf<GgufChatTemplate>().toEqualTypeOf<ChatTemplateText>();
  });
});

describe('the ends of a text', () => {
  /** Metadata with these control tokens; the first of all tokens is normal. */
  function eosIds(control: readonly string[], changes: Record<string, GgufValue> = {}, type = 3): number[] {
    const metadata = new Map<string, GgufValue>([
      ['tokenizer.ggml.model', 'gpt2'],
      ['tokenizer.ggml.tokens', ['a', ...control]],
      ['tokenizer.ggml.token_type', Int32Array.of(1, ...control.map(() => type))],
    ]);
    for (const [name, value] of Object.entries(changes)) metadata.set(`tokenizer.ggml.${name}`, value);
    return ggufEosIds(metadata, file);
  }

  test('are the ids that the file names, each once', () => {
    const ids = { eos_token_id: 2, eot_token_id: 1, eom_token_id: 2 };
    expect(eosIds(['<x>', '<y>'], ids)).toEqual([2, 1]);
  });

  test.each([
    '<|im_end|>',
    '<|eot_id|>',
    '<|eom_id|>',
    '<|endoftext|>',
    '<|end_of_text|>',
    '<｜end▁of▁sentence｜>',
  ])('are also control tokens of the name %s', (name) => {
    expect(eosIds(['<x>', name], { eos_token_id: 1 })).toEqual([1, 2]);
  });

  test.each([1, 3, 4, 5])('are tokens of such a name whatever type the file gives them: %i', (type) => {
    expect(eosIds(['<x>', '<|im_end|>', '<end_of_turn>'], { eos_token_id: 1 }, type)).toEqual([1, 2, 3]);
  });

  test('are not other tokens that look like one, nor </s> unless the file says so', () => {
    expect(eosIds(['<|im_start|>', '</s>'])).toEqual([]);
    expect(eosIds(['<|im_start|>', '</s>'], { eos_token_id: 2 })).toEqual([2]);
  });

  test('are not <|end|> where it ends one message of several', () => {
    expect(eosIds(['<|end|>', '<|return|>'])).toEqual([1, 2]);
    expect(eosIds(['<|end|>', '<|return|>', '<|call|>'])).toEqual([2, 3]);
  });

  test('may be missing', () => {
    expect(eosIds(['<x>'], { eos_token_id: 0xffffffff })).toEqual([]);
  });

  test('of sentencepiece are token 2 by default', () => {
    const metadata = ggufMetadata(tokenizerFixture('llama2'), { 'tokenizer.ggml.eos_token_id': undefined });
    expect(ggufEosIds(metadata, file)[0]).toBe(2);
  });
});
