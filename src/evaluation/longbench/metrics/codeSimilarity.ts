// LongBench's metric of the code tasks: how alike the answer's first line of code is to the right line, in hundredths.
// The likeness is difflib's ratio, which is what LongBench's requirements install; with other edit distances in its
// place the numbers differ.

import { roundHalfEven } from '../../pythonRound.ts';
import { matchingRatio } from './matchingRatio.ts';
import { withoutLeadingNewlines } from './pythonText.ts';

/** The likeness in [0, 1]. */
export function codeSimilarity(prediction: string, gold: string): number {
  const lines = withoutLeadingNewlines(prediction).split('\n');
  const line = lines.find((text) => !['`', '#', '//'].some((mark) => text.includes(mark))) ?? '';
  return percentAlike(line, gold) / 100;
}

/** How alike two texts are, an integer of 0 to 100: an empty text is like nothing but another one. */
export function percentAlike(a: string, b: string): number {
  if (a === b) return 100;
  if (a === '' || b === '') return 0;
  return roundHalfEven(100 * matchingRatio(a, b));
}
