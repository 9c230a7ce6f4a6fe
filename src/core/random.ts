// Seeded random numbers, two kinds. `Random` is a stream (xoshiro128**, Blackman and Vigna 2018) for
// sampling; its state is four words, so a snapshot can hold it. `hashUnit` has no state: the same counters
// give the same number, which is what a decision must use that may not depend on how a text was cut.

/** Mixes a 32-bit integer (the finaliser of MurmurHash3): every input bit reaches every output bit. */
function mix(word: number): number {
  let x = word >>> 0;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}

/** A number in [0, 1) that is a pure function of the seed and three counters. */
export function hashUnit(seed: number, a: number, b: number, c: number): number {
  const word = mix(mix(mix(mix(seed) + a) + Math.imul(b, 0x9e3779b1)) + Math.imul(c, 0x7feb352d));
  return word / 4294967296;
}

/** A stream of uniform numbers with a small state that can be saved and restored. */
export class Random {
  // [4] the words of xoshiro128**; never all zero
  private readonly words = new Uint32Array(4);

  /** @param seed any integer; equal seeds give equal streams. */
  constructor(seed: number) {
    for (let i = 0; i < 4; i++) this.words[i] = mix(seed + Math.imul(i + 1, 0x9e3779b9));
    if (this.words.every((word) => word === 0)) this.words[0] = 1;
  }

  /** The next number in [0, 1), with 32 bits of resolution. */
  next(): number {
    const s = this.words;
    const product = Math.imul(s[1], 5);
    const result = Math.imul((product << 7) | (product >>> 25), 9) >>> 0;
    const t = s[1] << 9;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = (s[3] << 11) | (s[3] >>> 21);
    return result / 4294967296;
  }

  /** A copy of the four state words. */
  state(): Uint32Array {
    return this.words.slice();
  }

  /** Continues from words that `state()` gave. */
  restore(words: Uint32Array): void {
    this.words.set(words);
  }
}
