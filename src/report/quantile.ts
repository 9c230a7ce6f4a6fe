// Quantiles behind intervals: the normal's for the levels that tables use, and Student's t for few values.

/** Shares of cases that an interval should hold in. */
export type Level = 0.9 | 0.95 | 0.99;

const normalQuantiles: Readonly<Record<Level, number>> = {
  0.9: 1.6448536269514722,
  0.95: 1.959963984540054,
  0.99: 2.5758293035489004,
};

/** The z for which a normal value lies within -z .. z in that share of cases. */
export function normalQuantile(level: Level): number {
  return normalQuantiles[level];
}

/** The t for which Student's t with `freedom` degrees of freedom lies within -t .. t in that share of cases. */
export function studentQuantile(level: Level, freedom: number): number {
  let [low, high] = [0, 1];
  while (within(high, freedom) < level) high *= 2;
  for (let halving = 0; halving < 60; halving++) {
    const middle = (low + high) / 2;
    if (within(middle, freedom) < level) low = middle;
    else high = middle;
  }
  return high;
}

/** The share of cases within -t .. t: Abramowitz and Stegun 26.7.3 and 26.7.4, finite sums for whole degrees. */
function within(t: number, freedom: number): number {
  const angle = Math.atan(t / Math.sqrt(freedom));
  const [sine, square] = [Math.sin(angle), Math.cos(angle) ** 2];
  const odd = freedom % 2 === 1;
  let term = odd ? Math.cos(angle) : 1;
  let sum = odd && freedom === 1 ? 0 : term;
  for (let k = odd ? 3 : 2; k <= freedom - 2; k += 2) {
    term *= (square * (k - 1)) / k;
    sum += term;
  }
  return odd ? (2 / Math.PI) * (angle + sine * sum) : sine * sum;
}
