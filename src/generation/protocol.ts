// What the library's thread and the model's thread say to each other: requests, pieces of text, figures.
// Tensors never cross; a snapshot crosses as bytes that change hands without a copy.
import type { ErrorCode, ErrorDetails } from '../core/index.ts';
import type { ChatTemplateText, Dtype, ModelConfig } from '../model/index.ts';
import type { CachePlan } from '../policies/index.ts';
import type { PrefillOptions } from '../prefill/index.ts';
import type { StepTimes } from './batch.ts';
import type { GeneratePlan } from './generateOptions.ts';
import type { Prompt } from './promptOptions.ts';
import type { CacheStatistics, GenerationStatistics, RunStatistics } from './results.ts';
import type { ScoreProgress, ScoreResult } from './score.ts';
import type { SessionPlan } from './sessionPlan.ts';

/** What a loaded model says of itself. */
export interface ModelDescription {
  /** The folder or file that it was loaded from. */
  readonly path: string;
  readonly dtype: Dtype;
  readonly config: ModelConfig;
  /** Names the weights, on any machine. */
  readonly fingerprint: string;
}

/** Texts to score under several caches. */
export interface ScoreRequest {
  /** What is read. */
  readonly texts: readonly string[];
  /** The caches that read it. */
  readonly plans: readonly CachePlan[];
  /** Tokens to score of each text at most; null for all. */
  readonly limit: number | null;
  /** Tokens read at once when a cache is full. */
  readonly chunk: number;
}

/** A text under every cache asked for. */
export interface ScoredText {
  /** Tokens that the text has, BOS not counted. */
  readonly tokens: number;
  /** Whether BOS was read in front, so that the first token is scored too. */
  readonly bos: boolean;
  /** In the order of the request's plans. */
  readonly results: readonly ScoreResult[];
}

/** What `score` found. */
export interface ScoreAnswer {
  /** In the order of the request. */
  readonly texts: readonly ScoredText[];
  /** Where the time went. */
  readonly times: StepTimes;
  /** Most bytes that the caches held together. */
  readonly cacheBytes: number;
  /** Most memory that the whole process has held resident since it began. */
  readonly peakRssBytes: number;
}

/** Every call: what it takes, what it answers, and what it tells while it runs. */
export interface Calls {
  load: {
    takes: { path: string; dtype?: Dtype | undefined; threads?: number | undefined };
    answers: ModelDescription;
    /** The share of the weights that is packed, or words to pass on. */
    tells: { packed: number } | { warning: string };
  };
  open: { takes: { plan: SessionPlan }; answers: number; tells: never };
  restore: {
    takes: { bytes: Uint8Array };
    answers: { session: number; plan: SessionPlan; chat: string | undefined };
    tells: never;
  };
  append: {
    takes: { session: number; text: string; prefill?: PrefillOptions };
    answers: RunStatistics;
    tells: never;
  };
  generate: {
    takes: { session: number; plan: GeneratePlan; prompt?: Prompt };
    answers: GenerationStatistics;
    tells: string;
  };
  statistics: { takes: { session: number }; answers: CacheStatistics; tells: never };
  fork: { takes: { session: number }; answers: number; tells: never };
  /** `chat` goes into the snapshot as it is. */
  snapshot: {
    takes: { session: number; chat?: string };
    answers: Uint8Array;
    tells: never;
  };
  chatTemplate: { takes: undefined; answers: ChatTemplateText; tells: never };
  close: { takes: { session: number }; answers: undefined; tells: never };
  score: { takes: ScoreRequest; answers: ScoreAnswer; tells: ScoreProgress };
}

export type Method = keyof Calls;

/** From the library to the model's thread. */
export type Message =
  | { readonly id: number; readonly method: Method; readonly takes: Calls[Method]['takes'] }
  | { readonly id: number; readonly abort: true };

/** From the model's thread to the library. */
export type Reply =
  | { readonly id: number; readonly answer: Calls[Method]['answers'] }
  | { readonly id: number; readonly told: Calls[Method]['tells'] }
  | { readonly id: number; readonly error: PlainError };

/** An error in a form that crosses threads with its code. */
export interface PlainError {
  /** Undefined for an error that is a defect of ours. */
  readonly code: ErrorCode | undefined;
  readonly message: string;
  readonly details: ErrorDetails;
  readonly stack: string | undefined;
  /** What it goes back to, such as the error that a policy module threw. */
  readonly cause?: Pick<Error, 'name' | 'message' | 'stack'>;
}
