// Merges against sentencepiece's own way, written down as plainly as it can be: join the best-scored neighbours,
// the leftmost of equals, until nothing joins. On invented vocabularies full of ties, and on a trained one.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { textTokenizer } from '../model/index.ts';
import type { GgufMetadata, GgufValue } from './gguf.ts';
import { ggufTokenizer } from './ggufTokenizer.ts';
import { openGguf } from './openGguf.ts';
import { spmMerges } from './spmMerges.ts';
import { tokenTypes } from './vocabulary.ts';

const stories = join(import.meta.dirname, '../../../shared/models/stories260K/stories260K.gguf');

/** Ids by joining neighbours, best score first, then leftmost; what is no piece becomes bytes. */
function joinByScore(text: string, metadata: GgufMetadata): number[] {
  const tokens = metadata.get('tokenizer.ggml.tokens') as readonly string[];
  const scores = metadata.get('tokenizer.ggml.scores') as Float32Array;
  const types = metadata.get('tokenizer.ggml.token_type') as Int32Array;
  const pieces = new Map(
    [...tokens.entries()].filter(([id]) => types[id] === 1).map(([id, piece]) => [piece, id]),
  );
  const prefix = metadata.get('tokenizer.ggml.add_space_prefix') === false ? '' : ' ';
  const symbols = Array.from((prefix + text).replaceAll(' ', '\u2581'));
  for (;;) {
    let best = -1;
    let bestScore = Number.NEGATIVE_INFINITY;
    for (let i = 0; i + 1 < symbols.length; i++) {
      const id = pieces.get(symbols[i] + symbols[i + 1]);
      if (id !== undefined && scores[id] > bestScore) [best, bestScore] = [i, scores[id]];
    }
    if (best < 0) break;
    symbols.splice(best, 2, symbols[best] + symbols[best + 1]);
  }
  const byteId = (byte: number) => tokens.indexOf(`<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`);
  return symbols.flatMap((symbol) => {
    const id = pieces.get(symbol);
    return id === undefined ? Array.from(new TextEncoder().encode(symbol), byteId) : [id];
  });
}

function encode(text: string, metadata: GgufMetadata): number[] {
  const { tokenizer, config } = ggufTokenizer(metadata, 'some.gguf');
  return [...textTokenizer(tokenizer, config, 'some.gguf').encode(text)];
}

/** A vocabulary of these pieces and all bytes. */
function vocabulary(scored: readonly (readonly [string, number])[]): Map<string, GgufValue> {
  const bytes = Array.from(
    { length: 256 },
    (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`,
  );
  const pieces = scored.map(([piece]) => piece);
  const { unknown, normal, byte } = tokenTypes;
  return new Map<string, GgufValue>([
    ['tokenizer.ggml.model', 'llama'],
    ['tokenizer.ggml.add_bos_token', false],
    ['tokenizer.ggml.add_space_prefix', false],
    ['tokenizer.ggml.tokens', ['<unk>', ...bytes, ...pieces]],
    [
      'tokenizer.ggml.token_type',
      Int32Array.of(unknown, ...bytes.map(() => byte), ...pieces.map(() => normal)),
    ],
    ['tokenizer.ggml.scores', Float32Array.of(0, ...bytes.map(() => 0), ...scored.map(([, score]) => score))],
  ]);
}

describe('ids are those of joining by score', () => {
  const letters = fc.constantFrom('a', 'b', '\u2581', '\u{1F600}');
  const piece = fc.string({ unit: letters, minLength: 1, maxLength: 5 });
  const scored = fc.uniqueArray(fc.tuple(piece, fc.integer({ min: -3, max: 0 })), {
    selector: ([text]) => text,
    maxLength: 24,
  });

  test('in vocabularies with many pieces of one score', () => {
    fc.assert(
      fc.property(scored, fc.string({ unit: letters, maxLength: 24 }), (pieces, text) => {
        const metadata = vocabulary(pieces);
        expect(encode(text, metadata)).toEqual(joinByScore(text, metadata));
      }),
      { numRuns: 500 },
    );
  });

  test('where every piece has a score of its own, but can be cut in several places', () => {
    fc.assert(
      fc.property(scored, fc.string({ unit: letters, maxLength: 24 }), (pieces, text) => {
        const metadata = vocabulary(pieces.map(([piece], index) => [piece, -index]));
        expect(encode(text, metadata)).toEqual(joinByScore(text, metadata));
      }),
      { numRuns: 500 },
    );
  });

  test.skipIf(!existsSync(stories))('in the vocabulary of stories260K (needs ../shared)', async () => {
    const gguf = await openGguf(stories);
    const { metadata } = gguf;
    const { tokenizer, config } = ggufTokenizer(metadata, stories);
    const opened = textTokenizer(tokenizer, config, stories);
    const pieces = (metadata.get('tokenizer.ggml.tokens') as string[]).slice(259);
    const characters = [...new Set(pieces.join('').replaceAll('\u2581', ' ')), '\n', 'ü', '你'];
    const text = fc.oneof(
      fc.string({ unit: fc.constantFrom(...characters), maxLength: 60 }),
      fc.string({ unit: fc.constantFrom('a', 'd', 'e', 'h', 'l', 'n', 'o', 't', ' '), maxLength: 60 }),
      fc
        .array(fc.constantFrom(...pieces.map((piece) => piece.replaceAll('\u2581', ' '))), { maxLength: 30 })
        .map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(text, (content) => {
        fc.pre(content !== '');
        const ids = opened.encode(content);
        expect([...ids]).toEqual(joinByScore(content, metadata));
        expect(opened.decode(ids)).toBe(content);
      }),
      { numRuns: 2000 },
    );
    await gguf.close();
  });
});

test('of pieces with one score the leftmost joins, not the first of the vocabulary', () => {
  const pieces: [string, number][] = ['b', 'ba', 'bab', 'abab', 'ababa', 'a', 'ab', 'aba'].map((piece) => [
    piece,
    0,
  ]);
  const metadata = vocabulary(pieces);
  expect(encode('ababab', metadata)).toEqual(joinByScore('ababab', metadata));
});

test('every cut of a piece into pieces is a merge, and merges of one score share a rank', () => {
  const pieces = new Map([
    ['a', 0],
    ['aa', 1],
    ['aaa', 2],
    ['aab', 3],
  ]);
  expect(spmMerges(pieces, Float32Array.of(-9, -1, -2, -1))).toEqual({
    merges: [
      ['a', 'a'],
      ['aa', 'b'],
      ['a', 'aa'],
      ['aa', 'a'],
    ],
    ranks: [0, 0, 1, 1],
  });
});

test('a character beyond the first plane is not cut in two', () => {
  const pieces = new Map([['\u{1F600}a', 0]]);
  expect(spmMerges(pieces, Float32Array.of(0)).merges).toEqual([['\u{1F600}', 'a']]);
});
