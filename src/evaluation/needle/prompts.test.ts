// Prompts of exact length, for tokenizers of both families: the length, where the needle lies, that it is whole, and
// that its answer stands nowhere else.
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { packageRoot, Random } from '../../core/index.ts';
import { openTokenizer, type TextTokenizer, textTokenizer } from '../../model/index.ts';
import { tokenizerFixture } from '../../model/tokenizerFixtures.testing.ts';
import { answerKinds, drawFrom } from './drawNeedle.ts';
import { neutralText, openFiller } from './filler.ts';
import { keyValuePrompt } from './keyValuePrompt.ts';
import type { NeedlePrompt, PromptGround } from './needlePrompt.ts';
import { asks, passkeyNeedle, passkeyWording } from './needleWording.ts';
import { passkeyPrompt } from './passkeyPrompt.ts';
import { answerIds, plainFrame, promptIds, promptLength } from './promptFrame.ts';
import { sentenceEnds } from './sentenceEnds.ts';
import { adjectives, nouns } from './wordLists.ts';

// Sentences of all lengths with long words, numbers, quotes and line breaks, none of which a needle has.
const random = new Random(3);
const sentence = (i: number): string => {
  const words = Array.from({ length: 1 + Math.floor(20 * random.next()) }, () =>
    drawFrom(random, [
      ...nouns,
      ...adjectives,
      'notwithstanding',
      'and',
      'of',
      'Mr. Xu',
      String(i * i),
      'it,',
    ]),
  );
  return `A ${words.join(' ')}${['. ', '!" ', '?\n', '. "'][i % 4]}`;
};
const prose = Array.from({ length: 400 }, (_, i) => sentence(i)).join('');

const tokenizers: readonly [string, TextTokenizer][] = [
  ['the embedded model', await openTokenizer(join(packageRoot(), 'models', 'books-27m-4k'))],
  ...['gpt2', 'llama2'].map((name): [string, TextTokenizer] => {
    const { tokenizer } = tokenizerFixture(name);
    return [name, textTokenizer(tokenizer, {}, name)];
  }),
];
const frames = [plainFrame, { before: '<user> ', after: ' </user><model>', rendered: true }];

const place = fc.record({
  kind: fc.constantFrom(...answerKinds),
  ask: fc.constantFrom(...asks),
  frame: fc.constantFrom(...frames),
  length: fc.integer({ min: 400, max: 900 }),
  depth: fc.double({ min: 0, max: 1, noNaN: true }),
  seed: fc.nat(),
});

const count = (text: string, part: string): number => text.split(part).length - 1;
const whole = ({ context, question }: NeedlePrompt): string => context + question;

describe.each(tokenizers)('for %s', (_, tokenizer) => {
  const texts = { prose, neutral: neutralText(900) };
  const fillers = Object.values(texts).map((text) => openFiller(text, tokenizer));

  test('a pass key prompt has exactly its length, and equal seeds give equal prompts', () => {
    fc.assert(
      fc.property(place, fc.constantFrom(...fillers), ({ length, depth, seed, ...own }, filler) => {
        const ground: PromptGround = { tokenizer, ...own };
        const prompt = passkeyPrompt(ground, filler, { length, depth }, new Random(seed));
        expect(promptLength(promptIds(tokenizer, prompt))).toBe(length);
        expect(passkeyPrompt(ground, filler, { length, depth }, new Random(seed))).toEqual(prompt);
      }),
      { numRuns: 25 },
    );
  });

  test('its needle is whole, lies at the sentence end nearest to the depth, and its answer nowhere else', () => {
    fc.assert(
      fc.property(place, ({ length, depth, seed, ...own }) => {
        const prompt = passkeyPrompt({ tokenizer, ...own }, fillers[0], { length, depth }, new Random(seed));
        const needle = passkeyNeedle(own.kind, prompt.answer);
        expect(prompt.context.slice(prompt.at).startsWith(needle)).toBe(true);
        expect(count(whole(prompt).toLowerCase(), prompt.answer.toLowerCase())).toBe(3);
        const { opening } = passkeyWording(own.kind, own.ask);
        const before = prompt.context.slice(own.frame.before.length + opening.length, prompt.at).trimEnd();
        const text = before + prompt.context.slice(prompt.at + needle.length).replace(/\n\n$/, '');
        expect(prose).toContain(text.trim());
        const at = before.length;
        const places = [0, ...sentenceEnds(text)];
        expect(places).toContain(at);
        const off = (offset: number): number => Math.abs(offset - depth * text.length);
        // The space that a needle at the beginning pushes before the text is one character.
        expect(off(at)).toBeLessThanOrEqual(Math.min(...places.map(off)) + 1);
      }),
      { numRuns: 25 },
    );
  });

  test('a list has exactly its length, no key or value twice, and the line asked for at its depth', () => {
    fc.assert(
      fc.property(place, ({ length, depth, seed, ...own }) => {
        const prompt = keyValuePrompt({ tokenizer, ...own }, { length, depth }, new Random(seed));
        expect(promptLength(promptIds(tokenizer, prompt))).toBe(length);
        const lines = Array.from(prompt.context.matchAll(/([a-z]+ [a-z]+): ([\dA-Z][\w ]+)\n/g));
        const [keys, values] = [lines.map(([, key]) => key), lines.map(([, , value]) => value)];
        expect(new Set(keys).size).toBe(lines.length);
        expect(new Set(values).size).toBe(lines.length);
        const asked = values.indexOf(prompt.answer);
        expect(asked).toBe(Math.round(depth * (lines.length - 1)));
        expect(prompt.question).toContain(keys[asked]);
        expect(prompt.context.slice(prompt.at)).toMatch(new RegExp(`^${lines[asked][0]}`));
        expect(count(whole(prompt), prompt.answer)).toBe(1);
      }),
      { numRuns: 25 },
    );
  });

  test('an answer has tokens of its own that decode to it', () => {
    const question = 'The pass key is';
    expect(tokenizer.decode(answerIds(tokenizer, question, '48213')).trim()).toBe('48213');
  });
});

test('a length without room, a filler too short and a list of too many lines are refused with the numbers', () => {
  const [[, tokenizer]] = tokenizers;
  const ground: PromptGround = { tokenizer, frame: plainFrame, kind: 'number', ask: 'question' };
  const spot = { length: 20, depth: 0.5 };
  const bad = (words: string) =>
    expect.objectContaining({ code: 'BAD_OPTION', message: expect.stringContaining(words) });
  const filler = openFiller(neutralText(100), tokenizer);
  expect(() => passkeyPrompt(ground, filler, spot, new Random(0))).toThrow(bad('20 tokens has no room'));
  expect(() => keyValuePrompt(ground, spot, new Random(0))).toThrow(bad('20 tokens has no room'));
  const endless = openFiller('words '.repeat(2000), tokenizer);
  const spotted = { length: 200, depth: 0.5 };
  expect(() => passkeyPrompt(ground, endless, spotted, new Random(0))).toThrow(bad('no sentence that ends'));
  const long = { length: 5000, depth: 0.5 };
  expect(() => passkeyPrompt(ground, filler, long, new Random(0))).toThrow(bad('a prompt of 5000'));
  const many = { length: 100_000, depth: 0.5 };
  expect(() => keyValuePrompt(ground, many, new Random(0))).toThrow(bad('at most 5'));
});
