// RULER's scores (scripts/eval/evaluate.py and synthetic/constants.py): a reference counts as found where the answer
// holds it, whatever the case. `string_match_all` is the share of the references found, `string_match_part` whether any
// is. Before that white space at the ends goes, and control characters become line breaks.
import { holds } from './answerScores.ts';
import type { RulerRules } from './rulerFile.ts';

/** An answer as RULER scores it. */
export function cleanAnswer(text: string): string {
  // U+0000 to U+001F: control characters, less those that RULER leaves
  return text
    .trim()
    .replace(/[^\P{Cc}\x7f-\x9f]/gu, '\n')
    .trim();
}

/** The score of a cleaned answer, 0 to 1. @param references at least one. */
export function rulerScore(
  answer: string,
  references: readonly string[],
  metric: RulerRules['metric'],
): number {
  const found = references.filter((reference) => holds(answer, reference)).length;
  return metric === 'part' ? Number(found > 0) : found / references.length;
}
