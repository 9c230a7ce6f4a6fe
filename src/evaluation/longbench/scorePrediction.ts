// The score of one answer as LongBench's eval.py gives it: the best over the right answers, nothing below 0.
import { classificationScore } from './metrics/classificationScore.ts';
import { codeSimilarity } from './metrics/codeSimilarity.ts';
import { countScore } from './metrics/countScore.ts';
import { withoutLeadingNewlines } from './metrics/pythonText.ts';
import { qaF1 } from './metrics/qaF1.ts';
import { retrievalScore } from './metrics/retrievalScore.ts';
import { type RougeOptions, rougeL } from './metrics/rougeL.ts';
import type { MetricName, Task } from './tasks.ts';

interface Judged extends RougeOptions {
  /** All classes of a classification. */
  readonly classes: readonly string[];
}

type Metric = (prediction: string, gold: string, judged: Judged) => number;

const metrics: Readonly<Record<MetricName, Metric>> = {
  qa_f1: qaF1,
  rouge_l: rougeL,
  classification: (prediction, gold, { classes }) => classificationScore(prediction, gold, classes),
  count: countScore,
  retrieval: retrievalScore,
  code_sim: codeSimilarity,
};

/** The score in [0, 1]. @param answers the right ones. Throws BAD_FILE where the metric cannot use one of them. */
export function scorePrediction(
  { metric, firstLine }: Task,
  prediction: string,
  answers: readonly string[],
  judged: Judged,
): number {
  const counted = firstLine ? withoutLeadingNewlines(prediction).split('\n')[0] : prediction;
  return answers.reduce((best, answer) => Math.max(best, metrics[metric](counted, answer, judged)), 0);
}
