// What one prompt under one policy came to.
import type { Unit } from '../../report/index.ts';
import type { GenerationScore, LikelihoodScore } from './answerScores.ts';

/** One prompt under one policy. */
export interface NeedleUnit extends Unit {
  readonly policy: string;
  readonly length: number;
  readonly depth: number;
  readonly sample: number;
  /** Tokens of the prompt; the length, exactly. */
  readonly tokens: number;
  /** Tokens before the needle, and the share of the text before it. */
  readonly needleAt: number;
  readonly depthReached: number;
  readonly answer: string;
  /** By the run's kind of score. */
  readonly score: GenerationScore | LikelihoodScore;
}

/** Whether the answer was found. */
export function isHit({ score }: Pick<NeedleUnit, 'score'>): boolean {
  return 'contains' in score ? score.contains : score.exact;
}
