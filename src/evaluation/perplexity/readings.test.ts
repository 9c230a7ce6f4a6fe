// What is read and what is scored, in every protocol.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Encoder } from '../document.ts';
import {
  documentRow,
  joinedRow,
  type ReadDocument,
  type ReadRow,
  readDocument,
  windowRows,
} from './readings.ts';

const BOS = 0;
const characters = {
  encode: (text: string): Int32Array => Int32Array.from(text, (character) => character.charCodeAt(0)),
  withBos: (ids: Int32Array): Int32Array => (ids[0] === BOS ? ids : Int32Array.of(BOS, ...ids)),
  bosId: BOS,
};
const without = { ...characters, withBos: (ids: Int32Array): Int32Array => ids, bosId: undefined };
const read = (text: string, limit = 1000, tokenizer: Encoder = characters) =>
  readDocument(tokenizer, 'a.txt', text, limit);
const letters = (ids: Int32Array) => Array.from(ids, (id) => (id <= 0 ? id : String.fromCharCode(id)));

describe('a document', () => {
  test('has BOS in front, all its tokens to score, and says how many it has', () => {
    expect(read('abc')).toEqual({ tokens: 3, bos: true, ids: Int32Array.of(BOS, 97, 98, 99) });
  });

  test('that spells BOS out is read and counted as one that does not', () => {
    expect(read('\0abc')).toEqual(read('abc'));
    expect(windowRows(read('\0abcdef'), 0, 4, 2)).toEqual(windowRows(read('abcdef'), 0, 4, 2));
    expect(() => read('\0')).toThrow(expect.objectContaining({ code: 'EMPTY_INPUT' }));
  });

  test('is cut to the tokens scored', () => {
    expect(read('abcdef', 2)).toMatchObject({ tokens: 6, ids: Int32Array.of(BOS, 97, 98) });
  });

  test('without BOS has its second token scored first', () => {
    const document = read('abc', 2, without);
    expect(document).toMatchObject({ bos: false, ids: Int32Array.of(97, 98, 99) });
    expect(letters(documentRow(document, 0).targets)).toEqual(['b', 'c']);
  });

  test('without a token to score is EMPTY_INPUT', () => {
    expect(() => read('')).toThrow(expect.objectContaining({ code: 'EMPTY_INPUT' }));
    expect(() => read('a', 9, without)).toThrow(expect.objectContaining({ code: 'EMPTY_INPUT' }));
  });
});

test('stream with reset: each token is scored from those before it', () => {
  const row = documentRow(read('abc'), 7);
  expect(letters(row.ids)).toEqual([0, 'a', 'b']);
  expect(letters(row.targets)).toEqual(['a', 'b', 'c']);
  expect(row.parts).toEqual([{ document: 7, from: 0, to: 3, at: 0 }]);
});

test('stream without reset: one row, every document read whole, no BOS scored, nothing read in vain', () => {
  const row = joinedRow([read('abc'), read('de')]);
  expect(letters(row.ids)).toEqual([0, 'a', 'b', 'c', 0, 'd']);
  expect(letters(row.targets)).toEqual(['a', 'b', 'c', -1, 'd', 'e']);
  expect(row.parts).toEqual([
    { document: 0, from: 0, to: 3, at: 0 },
    { document: 1, from: 4, to: 6, at: 0 },
  ]);
});

describe('sliding', () => {
  test('windows begin with BOS, and the last of each are scored', () => {
    const rows = windowRows(read('abcdefgh'), 0, 4, 2);
    expect(rows.map(({ ids }) => letters(ids))).toEqual([
      [0, 'a', 'b', 'c'],
      [0, 'c', 'd', 'e'],
      [0, 'e', 'f', 'g'],
    ]);
    expect(rows.map(({ targets }) => letters(targets))).toEqual([
      ['a', 'b', 'c', 'd'],
      [-1, -1, 'e', 'f'],
      [-1, -1, 'g', 'h'],
    ]);
  });

  test('without BOS a window begins with the token before the first that follows', () => {
    const rows = windowRows(read('abcdefg', 1000, without), 0, 4, 2);
    expect(rows.map(({ ids }) => letters(ids))).toEqual([
      ['a', 'b', 'c', 'd'],
      ['c', 'd', 'e', 'f'],
    ]);
  });

  test('the last window ends with the document and scores what is left', () => {
    const rows = windowRows(read('abcdefg'), 0, 4, 2);
    expect(letters(rows[2].ids)).toEqual([0, 'd', 'e', 'f']);
    expect(letters(rows[2].targets)).toEqual([-1, -1, -1, 'g']);
    expect(rows[2].parts).toEqual([{ document: 0, from: 3, to: 4, at: 6 }]);
  });

  test('a document shorter than the window has none', () => {
    expect(windowRows(read('abc'), 0, 4, 2)).toEqual([]);
  });

  test('every token is scored once, in a window of full length, with window - stride tokens before it', () => {
    const drawn = fc.record({
      n: fc.integer({ min: 1, max: 80 }),
      window: fc.integer({ min: 1, max: 30 }),
      stride: fc.integer({ min: 1, max: 30 }),
    });
    fc.assert(
      fc.property(drawn, ({ n, window, stride }) => {
        fc.pre(stride <= window && window <= n);
        const document: ReadDocument = {
          ...{ tokens: n, bos: true },
          ids: Int32Array.from({ length: n + 1 }, (_, i) => i),
        };
        const scored: number[] = [];
        for (const [w, { ids, targets, parts }] of windowRows(document, 0, window, stride).entries()) {
          expect([ids.length, targets.length, ids[0]]).toEqual([window, window, 0]);
          const [{ from, to, at }] = parts;
          expect(w === 0 ? from : from >= window - stride).toBe(w === 0 ? 0 : true);
          const own = [...targets.subarray(from, to)];
          // token i + 1 is the document's scored token i
          expect(own[0]).toBe(at + 1);
          expect([...targets.subarray(0, from)].every((token) => token === -1)).toBe(true);
          for (let i = 1; i < window; i++) expect(ids[i]).toBe(targets[window - 1] - window + i);
          scored.push(...own);
        }
        expect(scored).toEqual([...document.ids.subarray(1)]);
      }),
    );
  });
});

test('rows keep to their parts: what is scored is in one, once', () => {
  const rows: ReadRow[] = [
    joinedRow([read('abc'), read('de'), read('f')]),
    ...windowRows(read('abcdefg'), 0, 3, 2),
  ];
  for (const { targets, parts } of rows) {
    const covered = parts.flatMap(({ from, to }) => Array.from({ length: to - from }, (_, i) => from + i));
    const scored = [...targets.keys()].filter((at) => targets[at] >= 0);
    expect(covered).toEqual(scored);
  }
});
