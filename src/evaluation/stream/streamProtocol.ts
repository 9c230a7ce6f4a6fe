// What is asked of a stream, and the protocol card that its numbers carry: everything that changes one.
import { integerOption, TreekvError } from '../../core/index.ts';
import { chunkOption, type LocalModel } from '../../generation/index.ts';
import { groupByBudget } from '../groupByBudget.ts';
import { type PolicyRecord, recordPolicies } from '../policyRecord.ts';
import type { NamedPlan } from '../policySpec.ts';
import type { JoinedDocuments, StreamDocument, StreamSource } from './joinDocuments.ts';

/** Documents as one stream, and the caches that read it. */
export interface StreamRequest {
  /** Read one after another, as far as they are needed. */
  readonly documents: readonly StreamSource[];
  /** The caches to compare. */
  readonly policies: readonly NamedPlan[];
  /** Tokens to read. @default all that the documents have */
  readonly tokens?: number;
  /** Tokens a run once the caches are full; then budget + chunk entries are visible. @default 1 */
  readonly chunk?: number;
  /** Tokens whose likelihoods are summed up together. @default a hundredth of the tokens, from 100 to 10,000 */
  readonly bucket?: number;
}

/** A cache of the run. */
export interface StreamPolicy extends PolicyRecord {
  /** Most entries per head that a query attends to: the budget and a chunk, if so many are read; null: all. */
  readonly entriesVisible: number | null;
}

/** What a number was measured under. */
export interface StreamProtocol {
  /** Always `stream`. */
  readonly protocol: 'stream';
  /** How documents follow each other. */
  readonly textOrder: string;
  /** Where a BOS token was read. */
  readonly bos: string;
  /** What bounds what a token sees. */
  readonly window: string;
  /** How many tokens were read in a step. */
  readonly stride: string;
  /** When the cache began empty. */
  readonly reset: string;
  /** Which token is the first that counts. */
  readonly firstScored: string;
  /** What is averaged over what. */
  readonly mean: string;
  /** Weight type, and the type in which attention is computed. */
  readonly dtype: string;
  /** Tokens read at once when a cache is full. */
  readonly chunk: number;
  /** Tokens read. */
  readonly tokens: number;
  /** Tokens a bucket. */
  readonly bucket: number;
  /** Where each document lies in the stream. */
  readonly documents: readonly StreamDocument[];
  /** The caches compared, each with everything decided. */
  readonly policies: readonly StreamPolicy[];
  /** Names of the policies that are rows of one batch. */
  readonly batches: readonly (readonly string[])[];
}

/** What a request asks of the reading. */
export interface StreamSettings {
  readonly chunk: number;
  /** Undefined: `usualBucket` of the tokens. */
  readonly bucket: number | undefined;
}

/** So many that intervals can be had, and few enough for a plot and a file. */
function usualBucket(tokens: number): number {
  return Math.min(10_000, Math.max(100, Math.ceil(tokens / 100)));
}

/** Checks a request before its texts are read. Throws BAD_OPTION. */
export function streamSettings(request: StreamRequest): StreamSettings {
  if (request.policies.length === 0) {
    throw new TreekvError('BAD_OPTION', 'There are no policies: name at least one.', {});
  }
  if (request.documents.length === 0) {
    throw new TreekvError('BAD_OPTION', 'There are no documents: name at least one.', {});
  }
  if (request.tokens !== undefined) integerOption('Stream', 'tokens', request.tokens, 1);
  return {
    chunk: chunkOption('Stream', 'chunk', request.chunk ?? 1),
    bucket: request.bucket === undefined ? undefined : integerOption('Stream', 'bucket', request.bucket, 1),
  };
}

/** Words the protocol of a run. */
export async function streamProtocol(
  { weights }: LocalModel,
  { tokens, documents, bos }: JoinedDocuments,
  policies: readonly NamedPlan[],
  { chunk, bucket = usualBucket(tokens) }: StreamSettings,
): Promise<StreamProtocol> {
  requireBuckets(tokens, bucket);
  return {
    protocol: 'stream',
    textOrder: 'documents joined in the order given, none repeated, the last cut at the number of tokens',
    bos: bos ? 'one in front of each document, read but not scored' : 'none',
    window: 'none: the cache bounds what is seen',
    stride: chunk === 1 ? 'token by token' : `chunks of ${chunk} once the caches are full`,
    reset: 'never',
    firstScored: bos ? 'the first token of the first document, after BOS' : 'the second token of the stream',
    mean: 'over tokens; sums in float64',
    dtype: `weights ${weights.dtype}, softmax float32`,
    ...{ chunk, tokens, bucket, documents },
    policies: (await recordPolicies(policies)).map((record) => ({
      ...record,
      entriesVisible: record.cache.budget === null ? null : Math.min(tokens, record.cache.budget + chunk),
    })),
    batches: groupByBudget(policies, ({ plan }) => plan.budget).map((group) => group.map(({ name }) => name)),
  };
}

/** Every bucket is saved as it comes, in a file that is written anew: a million of them would be the work. */
const MOST_BUCKETS = 2000;

/** Throws BAD_OPTION for buckets that are too small for the stream. */
function requireBuckets(tokens: number, bucket: number): void {
  const buckets = Math.ceil(tokens / bucket);
  if (buckets <= MOST_BUCKETS) return;
  const least = Math.ceil(tokens / MOST_BUCKETS);
  const message =
    `Buckets of ${bucket} cut ${tokens} tokens into ${buckets}, and at most ${MOST_BUCKETS} are kept. Take ` +
    `buckets of at least ${least} (--bucket), or read fewer tokens.`;
  throw new TreekvError('BAD_OPTION', message, { tokens, bucket, buckets, most: MOST_BUCKETS, least });
}
