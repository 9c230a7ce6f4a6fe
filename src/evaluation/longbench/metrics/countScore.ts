// LongBench's metric of PassageCount: which share of the numbers in the answer is the right one. Numbers are
// compared as they are written: "03" is not "3".
import { digitRuns } from './pythonText.ts';

/** The share in [0, 1]; 0 for an answer without a number. */
export function countScore(prediction: string, gold: string): number {
  const numbers = digitRuns(prediction);
  if (numbers.length === 0) return 0;
  return numbers.filter((number) => number === gold).length / numbers.length;
}
