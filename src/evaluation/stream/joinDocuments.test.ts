// Documents as one stream: their order, what stands between them, where it ends, and what is refused.
import { expect, test, vi } from 'vitest';
import type { Encoder } from '../document.ts';
import { joinDocuments, type StreamSource } from './joinDocuments.ts';

/** One token a character, its code; BOS is 1. */
function encoder(bosId: number | undefined): Encoder {
  const encode = (text: string) => Int32Array.from(text, (character) => character.charCodeAt(0));
  return {
    bosId,
    encode,
    withBos: (ids) => (bosId === undefined ? ids : Int32Array.of(bosId, ...ids)),
  };
}

const sources = (...texts: string[]): StreamSource[] =>
  texts.map((text, i) => ({ name: `document ${i}`, read: async () => text }));
const codes = (text: string): number[] => [...encoder(undefined).encode(text)];

test('documents follow each other in the order given, each behind a BOS that is not scored', async () => {
  const { tokens, ids, targets, bos } = await joinDocuments(encoder(1), sources('abc', 'de'));
  expect(tokens).toBe(6);
  expect(bos).toBe(true);
  expect([...ids]).toEqual([1, ...codes('abc'), 1, ...codes('d')]);
  expect([...targets]).toEqual([...codes('abc'), -1, ...codes('de')]);
});

test('without BOS every token but the first is scored', async () => {
  const { tokens, ids, targets, bos } = await joinDocuments(encoder(undefined), sources('abc', 'de'));
  expect({ tokens, bos }).toEqual({ tokens: 4, bos: false });
  expect([...ids]).toEqual(codes('abcd'));
  expect([...targets]).toEqual(codes('bcde'));
});

test('a document is named with its place, its length and its hash', async () => {
  const { documents } = await joinDocuments(encoder(1), sources('abc', 'de'));
  expect(documents).toMatchObject([
    { name: 'document 0', from: 0, tokens: 4 },
    { name: 'document 1', from: 4, tokens: 3 },
  ]);
  // sha256 of 'abc', FIPS 180-2, example B.1
  expect(documents[0].sha256).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
});

test('a number of tokens cuts the last document, and later ones are not even read', async () => {
  const third = { name: 'third', read: vi.fn(async () => 'xyz') };
  const joined = await joinDocuments(encoder(1), [...sources('abc', 'defg'), third], 6);
  expect([...joined.ids]).toEqual([1, ...codes('abc'), 1, ...codes('d')]);
  expect(joined.targets[5]).toBe('e'.charCodeAt(0));
  expect(joined.documents).toHaveLength(2);
  expect(third.read).not.toHaveBeenCalled();
});

test('as many tokens as there are may be read, and one more is refused with the numbers', async () => {
  expect((await joinDocuments(encoder(1), sources('abc', 'de'), 6)).tokens).toBe(6);
  await expect(joinDocuments(encoder(1), sources('abc', 'de'), 7)).rejects.toMatchObject({
    code: 'BAD_OPTION',
    message: expect.stringMatching(/give 6 tokens to read, and 7 are asked for/),
  });
});

test('the same text twice is refused, whatever its name', async () => {
  await expect(joinDocuments(encoder(1), sources('abc', 'de', 'abc'))).rejects.toMatchObject({
    code: 'BAD_OPTION',
    message: expect.stringContaining('document 2 is the same text as document 0'),
  });
});

test('an empty document is refused by name', async () => {
  await expect(joinDocuments(encoder(1), sources('abc', ''))).rejects.toMatchObject({
    code: 'EMPTY_INPUT',
    message: expect.stringContaining('document 1'),
  });
});

test('an abort ends it between documents', async () => {
  const controller = new AbortController();
  const last = { name: 'last', read: vi.fn(async () => 'x') };
  const first = {
    name: 'first',
    read: async () => {
      controller.abort();
      return 'abc';
    },
  };
  const joining = joinDocuments(encoder(1), [first, last], undefined, controller.signal);
  await expect(joining).rejects.toMatchObject({ code: 'ABORTED' });
  expect(last.read).not.toHaveBeenCalled();
});
