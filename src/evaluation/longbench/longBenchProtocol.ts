// What LongBench's numbers were measured under, as plain JSON: everything that changes one of them.
import type { LocalModel } from '../../generation/index.ts';
import { chatDate } from '../chatMessage.ts';
import { compression } from '../compressing.ts';
import { recordSessions, type SessionRecord } from '../sessionRecord.ts';
import type { NamedSession } from '../sessionSpec.ts';
import type { TaskData } from './longBenchData.ts';
import type { LongBenchRequest } from './longBenchRequest.ts';
import type { Setting } from './setting.ts';
import type { Category, MetricName } from './tasks.ts';

/** A task of a run. */
export interface TaskRecord {
  readonly name: string;
  readonly label: string;
  readonly category: Category;
  readonly metric: MetricName;
  readonly file: string;
  /** Of the file. */
  readonly sha256: string;
  /** Samples read, the first ones of the file. */
  readonly samples: number;
  readonly samplesInFile: number;
  /** Samples of the published data set; null for LongBench-E. */
  readonly published: number | null;
  /** Whether the file's name says that it is a part of the data. */
  readonly part: boolean;
  readonly templateSha256: string;
  /** Whether that is LongBench's own template. */
  readonly ownTemplate: boolean;
  readonly maxNewTokens: number;
  /** Whether the prompts were wrapped in the model's chat template. */
  readonly chat: boolean;
}

/** What the scores were measured under. */
export interface LongBenchProtocol {
  /** Which of the two benchmarks. */
  readonly benchmark: 'LongBench' | 'LongBench-E';
  /** Each task with its files and its limits. */
  readonly tasks: readonly TaskRecord[];
  /** Tokens of a prompt above which its middle was cut. */
  readonly maxLength: number;
  /** How it was cut. */
  readonly truncation: string;
  /** Of decoded text. */
  readonly spaces: string;
  /** Which prompts went through the model's chat template. */
  readonly chatUse: string;
  /** Hash of the chat template, and the date that it is told; null where none was used. */
  readonly chatTemplate: { readonly sha256: string; readonly date: string } | null;
  /** Where a BOS token was read. */
  readonly bos: string;
  /** How answers were written, and what ended them. */
  readonly decoding: string;
  /** Token that ends SAMSum's answers; null where that is not run. */
  readonly newlineId: number | null;
  /** Tokens that end an answer. */
  readonly endIds: readonly number[];
  /** Where the question lay when entries were evicted. */
  readonly query: string;
  /** How an answer was judged. */
  readonly scoring: string;
  /** Whether a summary scores 0 where LongBench's scorer overflows its stack. */
  readonly compatRecursionLimit: boolean;
  /** What is averaged over what. */
  readonly mean: string;
  /** How the intervals are made, and over what. */
  readonly intervals: string;
  /** Weight type, and the type in which attention is computed. */
  readonly dtype: string;
  /** The caches compared, each with everything decided. */
  readonly policies: readonly SessionRecord[];
}

/** The protocol of a run. */
export async function longBenchProtocol(
  { tokenizer, weights, eosIds }: LocalModel,
  { data, sessions, maxLength, chat, compatRecursionLimit }: Required<LongBenchRequest>,
  { chat: template, newlineId, wraps }: Setting,
): Promise<LongBenchProtocol> {
  return {
    benchmark: data.extended ? 'LongBench-E' : 'LongBench',
    tasks: data.tasks.map((one) => describeTask(one, data.extended, wraps(one.task))),
    maxLength,
    truncation:
      'a longer prompt keeps floor(maximum / 2) tokens at each end, decoded without special tokens, joined as text ' +
      'and encoded again',
    spaces: tokenizer.cleansUpSpaces
      ? "cleaned up in decoded text as transformers does, as the model's tokenizer_config.json asks"
      : 'as decoded',
    chatUse: chat,
    chatTemplate: template === undefined ? null : { sha256: template.sha256, date: chatDate },
    bos: tokenizer.bosId === undefined ? 'none' : 'one in front, wrapped or not',
    decoding:
      'greedy, to the maximum of the task or an end-of-text token; SAMSum also ends at the newline token, behind ' +
      'one token at least; text not stripped',
    newlineId,
    endIds: eosIds,
    query: queryInWords(sessions),
    scoring:
      'best over the right answers; few-shot tasks by the first line; classes of the last line of the file; code by ' +
      "difflib's ratio; summaries as the package rouge 1.0.1",
    compatRecursionLimit,
    mean:
      'a task: mean over samples x 100, rounded to hundredths as Python does (in LongBench-E buckets as NumPy does); ' +
      'categories and average: mean over the rounded scores of tasks, rounded again',
    intervals:
      '95 %, of paired differences, bootstrap over samples (10,000 resamples, seed 0); of the average over tasks, ' +
      'samples centred within their task',
    dtype: `weights ${weights.dtype}, softmax float32`,
    policies: await recordSessions(sessions),
  };
}

/** LongBench's templates hold the question. */
function queryInWords(sessions: readonly NamedSession[]): string {
  if (sessions.some((session) => compression(session).length > 0)) {
    return 'aware: the question lies inside the prompt that is compressed';
  }
  if (sessions.every(({ plan }) => plan.cache.budget === null)) {
    return 'the question lies inside the prompt, of which nothing leaves';
  }
  return 'the question lies inside the prompt, which is read in chunks while the policy evicts';
}

function describeTask(data: TaskData, extended: boolean, chat: boolean): TaskRecord {
  const { name, label, category, metric, samples: published } = data.task;
  const { file, sha256, part, samplesInFile, templateSha256, ownTemplate, maxNewTokens } = data;
  return {
    ...{ name, label, category, metric, file, sha256 },
    ...{ samples: data.samples.length, samplesInFile, published: extended ? null : published, part },
    ...{ templateSha256, ownTemplate, maxNewTokens, chat },
  };
}
