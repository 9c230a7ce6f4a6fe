// The plain mean; where it needs an interval, report/bootstrapMean.ts has it.

/** NaN of no values. Summed in float64, in order. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
