// What one prompt under one policy came to.
import type { Unit } from '../../report/index.ts';
import type { GenerationScore, LikelihoodScore } from './answerScores.ts';

/** One prompt under one policy. */
export interface NeedleUnit extends Unit {
  /** The cache or session, by the name that tables give it. */
  readonly policy: string;
  /** Tokens of the prompt. */
  readonly length: number;
  /** Share of the text before the needle that was asked for, 0 to 1. */
  readonly depth: number;
  /** Which prompt of that length and depth, from 0. */
  readonly sample: number;
  /** Tokens of the prompt; the length, exactly. */
  readonly tokens: number;
  /** Tokens before the needle, and the share of the text before it. */
  readonly needleAt: number;
  /** Share of the text before the needle, 0 to 1; sentences are not cut, so it may differ from the depth. */
  readonly depthReached: number;
  /** What the model wrote; empty where nothing was written. */
  readonly answer: string;
  /** By the run's kind of score. */
  readonly score: GenerationScore | LikelihoodScore;
}

/** Whether the answer was found. */
export function isHit({ score }: Pick<NeedleUnit, 'score'>): boolean {
  return 'contains' in score ? score.contains : score.exact;
}
