// Streaming: pieces add up to the text of all tokens whatever the bytes, nothing of a stop text gets out, and
// the cost does not grow with the answer. A tokenizer of single bytes makes the hardest cuts.
import { join } from 'node:path';
import type { Tokenizer } from '@huggingface/tokenizers';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { openTokenizer, TextTokenizer } from '../model/index.ts';
import { TextStream } from './textStream.ts';

/** Token ids are bytes. */
class ByteTokenizer extends TextTokenizer {
  /** Tokens decoded so far. */
  decoded = 0;

  constructor() {
    super({} as Tokenizer, undefined); // both methods are replaced
  }

  override encode(text: string): Int32Array {
    return Int32Array.from(new TextEncoder().encode(text));
  }

  override decode(ids: ArrayLike<number>): string {
    this.decoded += ids.length;
    return new TextDecoder('utf-8', { ignoreBOM: true }).decode(Uint8Array.from(ids));
  }
}

/** The pieces of a stream, its end included. */
function pieces(tokenizer: TextTokenizer, ids: Iterable<number>, stops: readonly string[] = []): string[] {
  const stream = new TextStream(tokenizer, stops);
  const out: string[] = [];
  for (const id of ids) {
    out.push(stream.push(id));
    if (stream.stopped) break;
  }
  return [...out, stream.finish()];
}

const bytes = new ByteTokenizer();
let real: TextTokenizer;

beforeAll(async () => {
  real = await openTokenizer(join(import.meta.dirname, '..', '..', 'models', 'books-27m-4k'));
});

// Whole characters: letters, whatever Unicode has, joined emoji, and U+FFFD itself, which looks like a cut one.
const character = fc.oneof(
  fc.constantFrom('a', ' ', '\n', 'é', '한', '😀', '👨‍👩‍👧', '🇩🇪', '\uFFFD', 'e\u0301'),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
);
const text = fc.array(character, { maxLength: 60 }).map((characters) => characters.join(''));

describe.each<[string, () => TextTokenizer]>([
  ['single bytes', () => bytes],
  ['the tokens of books-27m-4k', () => real],
])('streamed in %s', (_, tokenizer) => {
  test('the pieces of any text add up to the text of all tokens', () => {
    fc.assert(
      fc.property(text, (drawn) => {
        // U+FFFD at the very end is held back, since it may be half a character.
        const ids = tokenizer().encode(`${drawn}.`);
        expect(pieces(tokenizer(), ids).join('')).toBe(tokenizer().decode(ids));
      }),
      { numRuns: 400 },
    );
  });

  test('no piece holds half a surrogate pair', () => {
    fc.assert(
      fc.property(text, (drawn) => {
        for (const piece of pieces(tokenizer(), tokenizer().encode(`${drawn}.`))) {
          expect(piece).not.toMatch(/\p{Surrogate}/u);
        }
      }),
    );
  });

  test('a stop text anywhere cuts exactly before its first occurrence', () => {
    const stop = fc.constantFrom('ab', 'aab', '😀', ' end', '\n\n', 'é!');
    const part = fc.oneof(fc.constantFrom('a', 'b', ' ', 'e', 'n', 'd', '\n', 'é', '!', '😀'), stop);
    fc.assert(
      fc.property(fc.array(part), fc.uniqueArray(stop, { minLength: 1 }), (parts, stops) => {
        const whole = `${parts.join('')}.`;
        const found = stops.map((one) => whole.indexOf(one)).filter((at) => at >= 0);
        const expected = found.length === 0 ? whole : whole.slice(0, Math.min(...found));
        expect(pieces(tokenizer(), tokenizer().encode(whole), stops).join('')).toBe(expected);
      }),
      { numRuns: 400 },
    );
  });
});

test('each piece comes as soon as its character is whole', () => {
  expect(pieces(bytes, bytes.encode('aé😀'))).toEqual(['a', '', 'é', '', '', '', '😀', '']);
});

test('a text that began with a stop and did not become it comes out when that is clear', () => {
  expect(pieces(bytes, bytes.encode('xENx'), ['END'])).toEqual(['x', '', '', 'ENx', '']);
});

test('the beginning of a stop text comes out at the end', () => {
  expect(pieces(bytes, bytes.encode('xEN'), ['END']).at(-1)).toBe('EN');
});

test('nothing comes out after a stop text', () => {
  const stream = new TextStream(bytes, ['b']);
  expect([...bytes.encode('ab')].map((id) => stream.push(id))).toEqual(['a', '']);
  expect([stream.stopped, stream.finish()]).toEqual([true, '']);
});

test('a text that goes on keeps the space before its first word', () => {
  // as SentencePiece: a space before every word, but none at the beginning of what is decoded
  class WordTokenizer extends ByteTokenizer {
    override decode(ids: ArrayLike<number>): string {
      return Array.from(ids, (id) => `word${id}`).join(' ');
    }
  }
  const stream = new TextStream(new WordTokenizer(), [], [], [1]);
  expect([stream.push(2), stream.push(3)]).toEqual([' word2', ' word3']);
});

test('the earliest of several stop texts counts', () => {
  expect(pieces(bytes, bytes.encode('one two'), ['two', 'e t']).join('')).toBe('on');
});

test('half a character at the end stays pending, and the next stream completes it', () => {
  const ids = bytes.encode('😀!');
  const first = new TextStream(bytes, []);
  expect([...ids.subarray(0, 2)].map((id) => first.push(id)).join('') + first.finish()).toBe('');
  const second = new TextStream(bytes, [], first.pendingIds);
  expect([...ids.subarray(2)].map((id) => second.push(id)).join('')).toBe('😀!');
});

test('bytes that never become a character come out as U+FFFD before long', () => {
  const out = pieces(bytes, new Array<number>(40).fill(0xff));
  expect(out.slice(0, 20).join('')).toMatch(/^\uFFFD{10,}$/);
});

test('a character after bytes that are none comes out whole', () => {
  for (let broken = 0; broken < 40; broken++) {
    const ids = [...new Array<number>(broken).fill(0xff), ...bytes.encode('😀.')];
    expect(pieces(bytes, ids).join('')).toBe(bytes.decode(ids));
  }
});

test.each(['a', '\uFFFD', '😀'])('the tokens decoded grow linearly with an answer of %j', (unit) => {
  const cost = (length: number): number => {
    const counting = new ByteTokenizer();
    pieces(counting, counting.encode(unit.repeat(length)));
    return counting.decoded;
  };
  expect(cost(2000) / cost(1000)).toBeCloseTo(2, 1);
});
