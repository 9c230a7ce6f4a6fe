// Prompts as tokens: filled, cut in the middle, wrapped. With tokenizers of published models, made for tests.
import { expect, test } from 'vitest';
import { ChatTemplate } from '../../chat/index.ts';
import { textTokenizer } from '../../model/index.ts';
import { tokenizerFixture } from '../../model/tokenizerFixtures.testing.ts';
import { encodePrompt, fillTemplate } from './prompt.ts';

const tokenizer = textTokenizer(tokenizerFixture('llama2').tokenizer, {}, 'tokenizer.json');
const text = 'Nobody had counted the boats, so nobody missed one. '.repeat(12);
const ids = (of: string) => tokenizer.withBos(tokenizer.encode(of));
const chat = new ChatTemplate({
  file: 'tokenizer_config.json',
  template: "[INST]{{ messages[0].content }}[/INST]{{ strftime_now('%d') }}",
  named: new Map(),
  tokens: {},
});

test('fields are filled once; what looks like a field in a text stays', () => {
  const sample = { context: 'of {input} and $&', input: '{context}' };
  expect(fillTemplate('A {context}\n B {input}{input} ', sample)).toBe(
    'A of {input} and $&\n B {context}{context} ',
  );
  expect(() => fillTemplate('{question}', sample)).toThrow(/\{question\}/);
});

test('a prompt of the maximal length is read as it is, BOS included', () => {
  const whole = ids(text);
  const { ids: read, wholeTokens } = encodePrompt(tokenizer, text, { maxLength: whole.length });
  expect(Array.from(read)).toEqual(Array.from(whole));
  expect(wholeTokens).toBe(whole.length);
  expect(tokenizer.bosId).toBeDefined();
});

test('a longer one keeps half of the maximum at each end, rejoined as text and encoded again', () => {
  const whole = ids(text);
  const changed: boolean[] = [];
  for (let maxLength = 20; maxLength < whole.length; maxLength++) {
    const half = Math.floor(maxLength / 2);
    const joined =
      tokenizer.decode(Array.from(whole).slice(0, half)) + tokenizer.decode(Array.from(whole).slice(-half));
    const { ids: read, wholeTokens } = encodePrompt(tokenizer, text, { maxLength });
    expect(Array.from(read)).toEqual(Array.from(ids(joined)));
    expect(wholeTokens).toBe(whole.length);
    changed.push(read.length !== 2 * half);
  }
  // joined words are cut otherwise, so the length is not always kept
  expect(changed).toContain(true);
});

test('where the tokenizer cleans spaces up, the two ends of a cut prompt lose them; a whole one does not', () => {
  const { tokenizer: definition } = tokenizerFixture('llama2');
  const cleaning = textTokenizer(definition, { clean_up_tokenization_spaces: true }, 'tokenizer.json');
  const spaced = 'One , two . '.repeat(20);
  const shown = (of: typeof tokenizer, maxLength: number): string =>
    of.decode(encodePrompt(of, spaced, { maxLength }).ids);
  expect(shown(tokenizer, 20)).toContain(' ,');
  expect(shown(cleaning, 20)).toContain('One, two.');
  expect(shown(cleaning, 20)).not.toMatch(/ [,.]/);
  expect(shown(cleaning, 1000)).toContain('One , two .');
});

test('the chat template comes round what the cut has left, and is told a fixed date', () => {
  const maxLength = 30;
  const cut = tokenizer.decode(encodePrompt(tokenizer, text, { maxLength }).ids);
  const { ids: read } = encodePrompt(tokenizer, text, { maxLength, chat });
  expect(Array.from(read)).toEqual(Array.from(ids(`[INST]${cut}[/INST]01`)));
  expect(read.length).toBeGreaterThan(maxLength);
});
