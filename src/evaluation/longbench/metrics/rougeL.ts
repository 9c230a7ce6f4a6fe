// LongBench's metric of the summaries: ROUGE-L as the Python package `rouge` 1.0.1 computes it, whose summary-level
// variant (Lin 2004) counts distinct words. Texts are cut at every full stop; for each sentence of the reference the
// words of one longest common subsequence with each sentence of the prediction are joined into one set.
//
// The package finds that subsequence by a recursion, and LongBench scores 0 what overflows Python's stack: an answer
// of about a thousand words without a full stop. `compatRecursionLimit` keeps that.
import { splitWhiteSpace } from './pythonText.ts';

export interface RougeOptions {
  /** Score 0 where the recursion of the package would overflow the stack of CPython 3.11. @default true */
  readonly compatRecursionLimit?: boolean;
}

// Measured: with LongBench's eval.py below it on the stack, the recursion takes this many steps, one a word.
const DEEPEST = 990;

/** The F-measure in [0, 1). */
export function rougeL(prediction: string, gold: string, options: RougeOptions = {}): number {
  const { compatRecursionLimit = true } = options;
  const predicted = sentences(prediction);
  const wanted = sentences(gold);
  if (predicted.length === 0 || wanted.length === 0) return 0;
  const common = new Set<string>();
  for (const reference of wanted) {
    for (const sentence of predicted) {
      const { words, depth } = commonWords(reference, sentence);
      if (compatRecursionLimit && depth > DEEPEST) return 0;
      for (const word of words) common.add(word);
    }
  }
  const recall = common.size / new Set(wanted.flat()).size;
  const precision = common.size / new Set(predicted.flat()).size;
  return (2 * precision * recall) / (precision + recall + 1e-8);
}

/** The words of each sentence. One of white space has a single empty word: the package counts it. */
function sentences(text: string): string[][] {
  return text
    .split('.')
    .filter((piece) => piece !== '')
    .map((piece) => splitWhiteSpace(piece).join(' ').split(' '));
}

/** The words of one longest common subsequence, and how deep the package's recursion goes to find them. */
function commonWords(a: readonly string[], b: readonly string[]): { words: string[]; depth: number } {
  const width = b.length + 1;
  // [a.length + 1, width] length of the longest common subsequence of the first i and the first j words
  const longest = new Uint32Array((a.length + 1) * width);
  for (let i = 1; i <= a.length; i++) {
    for (let j = 1; j <= b.length; j++) {
      const at = i * width + j;
      longest[at] =
        a[i - 1] === b[j - 1] ? longest[at - width - 1] + 1 : Math.max(longest[at - width], longest[at - 1]);
    }
  }
  const words: string[] = [];
  let [i, j, depth] = [a.length, b.length, 0];
  while (i > 0 && j > 0) {
    depth++;
    const at = i * width + j;
    if (a[i - 1] === b[j - 1]) {
      words.push(a[i - 1]);
      i--;
      j--;
    } else if (longest[at - width] > longest[at - 1]) i--;
    else j--;
  }
  return { words, depth };
}
