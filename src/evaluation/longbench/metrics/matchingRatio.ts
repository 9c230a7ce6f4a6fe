// How alike two texts are, as the ratio of Python's difflib.SequenceMatcher (Ratcliff and Obershelp 1988): twice the
// characters in matching blocks over all characters. The longest common block first, then what lies left and right
// of it; of equally long ones that which begins first in `a`, then in `b`. Characters that are frequent in a long
// `b` begin no block (difflib's autojunk); so the ratio is not symmetric.

interface Block {
  readonly a: number;
  readonly b: number;
  readonly size: number;
}

/** A part of both texts, ends excluded. */
interface Range {
  readonly aFrom: number;
  readonly aTo: number;
  readonly bFrom: number;
  readonly bTo: number;
}

/** The ratio in [0, 1]; 1 for two empty texts. */
export function matchingRatio(a: string, b: string): number {
  // Python counts code points.
  const [as, bs] = [Array.from(a), Array.from(b)];
  if (as.length + bs.length === 0) return 1;
  return (2 * matchedCharacters(as, bs)) / (as.length + bs.length);
}

function matchedCharacters(a: readonly string[], b: readonly string[]): number {
  const seeds = seedPlaces(b);
  const open: Range[] = [{ aFrom: 0, aTo: a.length, bFrom: 0, bTo: b.length }];
  let matched = 0;
  for (let range = open.pop(); range !== undefined; range = open.pop()) {
    const block = longestBlock(a, b, seeds, range);
    if (block.size === 0) continue;
    matched += block.size;
    open.push({ ...range, aTo: block.a, bTo: block.b });
    open.push({ ...range, aFrom: block.a + block.size, bFrom: block.b + block.size });
  }
  return matched;
}

/** Where each character occurs in `b`, ascending, without the characters that are too frequent to begin a block. */
function seedPlaces(b: readonly string[]): Map<string, number[]> {
  const places = new Map<string, number[]>();
  for (const [j, character] of b.entries()) {
    const found = places.get(character);
    if (found === undefined) places.set(character, [j]);
    else found.push(j);
  }
  if (b.length < 200) return places;
  const most = Math.floor(b.length / 100) + 1;
  return new Map([...places].filter(([, found]) => found.length <= most));
}

function longestBlock(
  a: readonly string[],
  b: readonly string[],
  seeds: ReadonlyMap<string, readonly number[]>,
  { aFrom, aTo, bFrom, bTo }: Range,
): Block {
  let [first, second, size] = [aFrom, bFrom, 0];
  // Length of the run of seeds that ends at [i - 1, j].
  let runs = new Map<number, number>();
  for (let i = aFrom; i < aTo; i++) {
    const next = new Map<number, number>();
    for (const j of seeds.get(a[i]) ?? []) {
      if (j < bFrom) continue;
      if (j >= bTo) break;
      const run = (runs.get(j - 1) ?? 0) + 1;
      next.set(j, run);
      if (run > size) [first, second, size] = [i - run + 1, j - run + 1, run];
    }
    runs = next;
  }
  // A block grows over frequent characters too. One of size 0 lies at the range's beginning, and may grow there.
  while (first > aFrom && second > bFrom && a[first - 1] === b[second - 1]) {
    first--;
    second--;
    size++;
  }
  while (first + size < aTo && second + size < bTo && a[first + size] === b[second + size]) size++;
  return { a: first, b: second, size };
}
