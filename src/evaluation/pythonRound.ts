// Python's rounding, which LongBench's and RULER's printed scores went through: to the nearest, and of two equally near to the
// even one, judged by the exact value of the double. `toFixed` judges by it too, but sends ties up.

/** The nearest integer, as `round(x)`. */
export function roundHalfEven(x: number): number {
  const below = Math.floor(x);
  const rest = x - below;
  if (rest !== 0.5) return rest < 0.5 ? below : below + 1;
  return below % 2 === 0 ? below : below + 1;
}

/** The nearest hundredth, as `round(x, 2)`. @param x of magnitude below 1e13. */
export function roundToHundredths(x: number): number {
  // A double lies halfway between hundredths only if it is an odd number of eighths: x.125, x.375, and so on.
  const eighths = x * 8;
  if (!Number.isInteger(eighths) || eighths % 2 === 0) return Number(x.toFixed(2));
  return roundHalfEven(x * 100) / 100;
}
