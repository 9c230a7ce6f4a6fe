// Under what prompts were read, as the lines of a table that both kinds of run have.
import type { ModelCard } from '../../report/index.ts';
import { sessionLine } from '../sessionLine.ts';
import type { ReadingProtocol } from './needleProtocol.ts';

export interface ReadingReport {
  readonly model: ModelCard;
  readonly protocol: ReadingProtocol;
  /** Tokens of the longest prompt and of what was read behind it. */
  readonly longest: number;
  readonly seconds: number;
}

/** The lines. @param own those of the kind of run, which come behind what is common. */
export function readingLines(
  { model, protocol, longest, seconds }: ReadingReport,
  own: readonly string[],
): string[] {
  const { dtype, bos, seam, chat, queryInWords, policies } = protocol;
  return [
    `- model: ${model.name}, trained to ${model.trainedContext.toLocaleString('en-US')} tokens, ${dtype}`,
    `- BOS: ${bos}; chat template: ${chat === null ? 'none' : `the model's, told the date ${chat.date}`}; ${seam}`,
    `- question: ${queryInWords}`,
    ...own,
    ...policies.map((policy) => sessionLine(policy, longest)),
    `- time: ${seconds.toFixed(1)} s`,
  ];
}
