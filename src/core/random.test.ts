// Seeded random numbers: the stream of xoshiro128**, saved and restored; the hash, pure; both about uniform.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hashUnit, Random } from './random.ts';

const WORD = 2 ** 32;
const seeds = fc.integer({ min: -(2 ** 31), max: 2 ** 32 - 1 });

/** The next `count` numbers. */
function draw(random: Random, count: number): number[] {
  return Array.from({ length: count }, () => random.next());
}

/** Blackman and Vigna's xoshiro128starstar.c, word by word with integers of any size. */
function* xoshiro128(words: readonly number[]): Generator<number> {
  const mask = 0xffffffffn;
  const rotated = (x: bigint, k: bigint): bigint => ((x << k) | (x >> (32n - k))) & mask;
  const s = words.map(BigInt);
  for (;;) {
    yield Number((rotated((s[1] * 5n) & mask, 7n) * 9n) & mask);
    const t = (s[1] << 9n) & mask;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotated(s[3], 11n);
  }
}

test('from the words 1, 2, 3, 4 the stream begins as its authors’ does', () => {
  const random = new Random(0);
  random.restore(Uint32Array.of(1, 2, 3, 4));
  expect(draw(random, 4).map((number) => number * WORD)).toEqual([11520, 0, 5927040, 70819200]);
});

test('the stream is that of a plain xoshiro128**', () => {
  fc.assert(
    fc.property(seeds, (seed) => {
      const random = new Random(seed);
      const reference = xoshiro128([...random.state()]);
      for (const number of draw(random, 50)) expect(number * WORD).toBe(reference.next().value);
    }),
  );
});

test('equal seeds give equal streams, neighbouring seeds others', () => {
  fc.assert(
    fc.property(seeds, (seed) => {
      expect(draw(new Random(seed), 5)).toEqual(draw(new Random(seed), 5));
      expect(draw(new Random(seed), 5)).not.toEqual(draw(new Random(seed + 1), 5));
    }),
  );
});

test('a restored stream continues where the state was taken', () => {
  fc.assert(
    fc.property(seeds, fc.nat(50), (seed, drawn) => {
      const random = new Random(seed);
      draw(random, drawn);
      const state = random.state();
      const expected = draw(random, 10);
      const other = new Random(0);
      other.restore(state);
      expect(draw(other, 10)).toEqual(expected);
    }),
  );
});

test('a state is a copy', () => {
  const random = new Random(1);
  const state = random.state();
  const before = [...state];
  random.next();
  expect([...state]).toEqual(before);
});

test('the hash is a pure function of its four integers, and each of them counts', () => {
  fc.assert(
    fc.property(seeds, fc.nat(1e6), fc.nat(1e6), fc.nat(1e6), (seed, a, b, c) => {
      const number = hashUnit(seed, a, b, c);
      expect(hashUnit(seed, a, b, c)).toBe(number);
      const others = [
        hashUnit(seed + 1, a, b, c),
        hashUnit(seed, a + 1, b, c),
        hashUnit(seed, a, b + 1, c),
        hashUnit(seed, a, b, c + 1),
      ];
      expect(others).not.toContain(number);
    }),
  );
});

describe.each<[string, (i: number) => number]>([
  [
    'a stream',
    (
      (random) => () =>
        random.next()
    )(new Random(5)),
  ],
  ['the hash over its first counter', (i) => hashUnit(5, i, 2, 3)],
  ['the hash over its last counter', (i) => hashUnit(5, 2, 3, i)],
])('the numbers of %s', (_, number) => {
  test('lie in [0, 1), and in each tenth about equally many', () => {
    const counts = new Array<number>(10).fill(0);
    for (let i = 0; i < 100_000; i++) counts[Math.floor(number(i) * 10)]++;
    expect(counts.reduce((sum, count) => sum + count)).toBe(100_000);
    // 10,000 each, standard deviation 95
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(5 * 95);
  });
});
