// How often a test of the form `test/*.long.test.ts` repeats its rounds: a few times in `npm test`, so that it never
// breaks unseen, and in full in `npm run test:long`. The rounds are the same kind of round in both.

/** Whether `npm run test:long` is running. */
export const isLong: boolean = process.env.TREEKV_TEST_LONG === '1';

/** The number of rounds of this run. */
export function rounds(short: number, long: number): number {
  return isLong ? long : short;
}
