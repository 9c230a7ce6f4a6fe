// LongBench's metric of the question answering tasks: F1 over the words of the answer, each as often as it occurs.
import { answerWords } from './normaliseAnswer.ts';

/** F1 in [0, 1]. */
export function qaF1(prediction: string, gold: string): number {
  const predicted = answerWords(prediction);
  const wanted = answerWords(gold);
  const left = new Map<string, number>();
  for (const word of wanted) left.set(word, (left.get(word) ?? 0) + 1);
  let common = 0;
  for (const word of predicted) {
    const count = left.get(word) ?? 0;
    if (count === 0) continue;
    left.set(word, count - 1);
    common++;
  }
  if (common === 0) return 0;
  const precision = common / predicted.length;
  const recall = common / wanted.length;
  return (2 * precision * recall) / (precision + recall);
}
