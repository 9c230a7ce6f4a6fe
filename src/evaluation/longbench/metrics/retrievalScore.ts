// LongBench's metric of PassageRetrieval: which share of the numbers in the answer is that of the right paragraph.
import { TreekvError } from '../../../core/index.ts';
import { countScore } from './countScore.ts';

/** The share in [0, 1]. @param gold names the paragraph: "Paragraph 3". Throws BAD_FILE if it names none. */
export function retrievalScore(prediction: string, gold: string): number {
  const [, number] = /Paragraph (\p{Nd}+)/u.exec(gold) ?? [];
  if (number !== undefined) return countScore(prediction, number);
  const message = `The answer ${JSON.stringify(gold)} names no paragraph, as "Paragraph 3" does.`;
  throw new TreekvError('BAD_FILE', message, { gold });
}
