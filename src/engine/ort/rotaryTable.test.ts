// The rotary tables: the angles of the paper, whatever the order in which positions were asked for.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RotaryTable } from './rotaryTable.ts';

const plain = (headDim: number, ropeTheta: number) => ({ headDim, ropeTheta, ropeScaling: null });

test('an entry is the cosine and sine of position * theta^(-2i/D), the angle rounded to float32', () => {
  const table = new RotaryTable(plain(64, 10_000));
  table.cover(5000);
  for (const position of [0, 1, 17, 511, 512, 4999]) {
    for (const i of [0, 1, 13, 31]) {
      const exact = position / 10_000 ** ((2 * i) / 64);
      const rounded = Math.fround(position * Math.fround(1 / Math.fround(10_000 ** (i / 32))));
      expect(Math.abs(rounded - exact)).toBeLessThanOrEqual(2e-7 * exact);
      expect(table.cos[position * 32 + i]).toBe(Math.fround(Math.cos(rounded)));
      expect(table.sin[position * 32 + i]).toBe(Math.fround(Math.sin(rounded)));
    }
  }
});

test('position 0 turns nothing', () => {
  const table = new RotaryTable(plain(16, 10_000));
  table.cover(1);
  expect([...table.cos.subarray(0, 8)]).toEqual(new Array(8).fill(1));
  expect([...table.sin.subarray(0, 8)]).toEqual(new Array(8).fill(0));
});

test('every position asked for is covered', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1, maxLength: 6 }), (limits) => {
      const table = new RotaryTable(plain(4, 10_000));
      for (const limit of limits) {
        table.cover(limit);
        expect(table.length).toBeGreaterThanOrEqual(limit);
        expect([table.cos.length, table.sin.length]).toEqual([table.length * 2, table.length * 2]);
      }
    }),
  );
});

test('a table that grew in steps is the one that was made at once', () => {
  const grown = new RotaryTable(plain(8, 500));
  for (const limit of [1, 600, 601, 3000]) grown.cover(limit);
  const whole = new RotaryTable(plain(8, 500));
  whole.cover(grown.length);
  expect(grown.length).toBe(whole.length);
  expect(grown.cos).toEqual(whole.cos);
  expect(grown.sin).toEqual(whole.sin);
});

test('asking for what is covered keeps the very arrays, so that tensors over them stay valid', () => {
  const table = new RotaryTable(plain(8, 10_000));
  table.cover(700);
  const { cos, sin } = table;
  table.cover(700);
  table.cover(3);
  expect(table.cos).toBe(cos);
  expect(table.sin).toBe(sin);
});

test('one position at a time grows the table a logarithmic number of times', () => {
  const table = new RotaryTable(plain(2, 10_000));
  const arrays = new Set<Float32Array>();
  for (let limit = 1; limit <= 100_000; limit++) {
    table.cover(limit);
    arrays.add(table.cos);
  }
  expect(arrays.size).toBeLessThan(10);
});

test('scaled frequencies turn slower', () => {
  const factors = [1, 2, 4, 8];
  const table = new RotaryTable({ ...plain(8, 100), ropeScaling: { kind: 'factors', factors } });
  table.cover(20);
  for (const [i, factor] of factors.entries()) {
    expect(table.cos[19 * 4 + i]).toBeCloseTo(Math.cos(19 / (100 ** (i / 4) * factor)), 6);
    expect(table.sin[19 * 4 + i]).toBeCloseTo(Math.sin(19 / (100 ** (i / 4) * factor)), 6);
  }
});
