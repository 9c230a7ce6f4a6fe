// What is asked of a perplexity run, and the protocol card that its numbers carry: everything that changes one,
// in numbers for machines and in words for people.
import { integerOption, TreekvError } from '../../core/index.ts';
import { chunkOption, type LocalModel } from '../../generation/index.ts';
import type { Level, RunOptions } from '../../report/index.ts';
import { type Document, requireDocuments, textHash } from '../document.ts';
import { type PolicyRecord, recordPolicies } from '../policyRecord.ts';
import type { NamedPlan } from '../policySpec.ts';
import { longestRead, type ReadDocument, readDocument } from './readings.ts';

/** Token by token through a cache that begins empty with each document, or, without reset, once for all. */
export interface StreamReading {
  /** Says which reading it is. */
  readonly protocol: 'stream';
  /** Tokens scored of each document; a shorter one is left out of that context's mean and named. */
  readonly contexts: readonly number[];
  /** Whether each document begins with an empty cache. @default true */
  readonly reset?: boolean;
}

/** Windows of W tokens, S apart, each from an empty cache; of later windows the last S tokens are scored. */
export interface SlidingReading {
  /** Says which reading it is. */
  readonly protocol: 'sliding';
  /** W; several make several columns. A shorter document is left out of that window's mean and named. */
  readonly windows: readonly number[];
  /** S, at most W. */
  readonly stride: number;
}

/** What is read, under which caches, and how. */
export interface PerplexityRequest extends RunOptions {
  /** The texts to read. */
  readonly documents: readonly Document[];
  /** The caches to compare. */
  readonly policies: readonly NamedPlan[];
  /** Token by token, or in windows. */
  readonly reading: StreamReading | SlidingReading;
  /** Tokens of each document at most. @default the largest context in `stream`, all in `sliding` */
  readonly limit?: number;
  /** Tokens a run once entries are evicted; budget + chunk entries are visible. @default 1 */
  readonly chunk?: number;
  /** The policy with which the others are compared. @default the first */
  readonly reference?: string;
  /** Of the bootstrap. @default 0 */
  readonly seed?: number;
  /** Ends the run with `ABORTED`; what was measured stays in its file. @default none */
  readonly signal?: AbortSignal;
  /** Tokens read and to be read, all rows together. */
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
}

/** How the intervals are made. */
export interface Bootstrap {
  /** Resamples drawn. */
  readonly samples: number;
  /** Equal seeds draw equally. */
  readonly seed: number;
  /** Share of intervals that hold the truth. */
  readonly level: Level;
}

/** What the numbers were measured under. */
export interface PerplexityProtocol {
  /** How documents were read. */
  readonly protocol: 'stream' | 'sliding';
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
  /** Whether one cache reads all documents (`stream` without reset). */
  readonly joined: boolean;
  /** Contexts or windows, ascending: the columns of the table. */
  readonly columns: readonly number[];
  /** S; null in `stream`. */
  readonly strideTokens: number | null;
  /** Tokens of each document at most; null for all. */
  readonly limit: number | null;
  /** Tokens of a document whose likelihoods are summed up together. */
  readonly bucket: number;
  /** What was read, with the tokens that were read of it. */
  readonly documents: readonly { readonly name: string; readonly sha256: string; readonly tokens: number }[];
  /** The caches compared, each with everything decided. */
  readonly policies: readonly PolicyRecord[];
  /** The policy with which the others are compared. */
  readonly reference: string;
  /** How the intervals were made. */
  readonly bootstrap: Bootstrap;
}

/** What of the protocol changes only how units are compared: a finished run can be given another at no cost. */
export const summaryOnly: readonly (keyof PerplexityProtocol)[] = ['reference', 'bootstrap'];

/** A run with everything decided. */
export interface PerplexityPlan {
  /** What the numbers will be measured under. */
  readonly protocol: PerplexityProtocol;
  /** The documents as tokens. */
  readonly documents: readonly ReadDocument[];
}

/** Buckets of the longest document; few, so that results stay small. */
const MOST_BUCKETS = 64;
const LEAST_BUCKET = 16;

/** Decides a run. Throws BAD_OPTION or EMPTY_INPUT. */
export async function planPerplexity(model: LocalModel, request: PerplexityRequest): Promise<PerplexityPlan> {
  const { policies, reading, seed = 0 } = request;
  requireDocuments(request.documents);
  requirePolicies(policies);
  const chunk = chunkOption('Perplexity', 'chunk', request.chunk ?? 1);
  const columns = columnsOf(reading);
  const limit = limitOf(request, columns);
  const reference = request.reference ?? policies[0].name;
  if (policies.every(({ name }) => name !== reference)) {
    const names = policies.map(({ name }) => name);
    const message = `The reference '${reference}' is none of the policies: ${names.join(', ')}.`;
    throw new TreekvError('BAD_OPTION', message, { reference, policies: names });
  }
  const documents = request.documents.map(({ name, text }) =>
    readDocument(model.tokenizer, name, text, limit ?? Number.POSITIVE_INFINITY),
  );
  const bucket = 2 ** Math.ceil(Math.log2(Math.max(LEAST_BUCKET, longestRead(documents) / MOST_BUCKETS)));
  const protocol: PerplexityProtocol = {
    protocol: reading.protocol,
    ...inWords(reading, model.tokenizer.bosId !== undefined, chunk),
    dtype: `weights ${model.weights.dtype}, softmax float32`,
    chunk,
    joined: reading.protocol === 'stream' && reading.reset === false,
    columns,
    strideTokens: reading.protocol === 'sliding' ? reading.stride : null,
    limit,
    bucket,
    documents: request.documents.map(({ name, text }, d) => ({
      name,
      sha256: textHash(text),
      tokens: documents[d].tokens,
    })),
    policies: await recordPolicies(policies),
    reference,
    bootstrap: { samples: 10_000, seed: integerOption('Perplexity', 'seed', seed, 0), level: 0.95 },
  };
  return { protocol, documents };
}

/** Names are keys: there must be some, each once. */
function requirePolicies(policies: readonly NamedPlan[]): void {
  const names = policies.map(({ name }) => name);
  const repeated = names.find((name, i) => names.indexOf(name) !== i);
  if (names.length > 0 && repeated === undefined) return;
  const message =
    repeated === undefined
      ? 'There is no policy: name at least one.'
      : `The policy '${repeated}' is named twice; name it once.`;
  throw new TreekvError('BAD_OPTION', message, { names });
}

function columnsOf(reading: StreamReading | SlidingReading): number[] {
  const [option, given] =
    reading.protocol === 'stream' ? ['contexts', reading.contexts] : ['windows', reading.windows];
  if (given.length === 0) {
    throw new TreekvError('BAD_OPTION', `There are no ${option}: name at least one.`, { option });
  }
  const columns = [...new Set(given)].sort((a, b) => a - b);
  for (const column of columns) integerOption('Perplexity', option, column, 1);
  if (reading.protocol === 'sliding') {
    const { stride } = reading;
    integerOption('Perplexity', 'stride', stride, 1);
    if (stride > columns[0]) {
      const message =
        `A stride of ${stride} leaves tokens out between windows of ${columns[0]}. Lower it to ${columns[0]} or ` +
        'less, or take larger windows.';
      throw new TreekvError('BAD_OPTION', message, { stride, window: columns[0] });
    }
  }
  return columns;
}

function limitOf({ reading, limit }: PerplexityRequest, columns: readonly number[]): number | null {
  const largest = columns[columns.length - 1];
  if (limit === undefined) return reading.protocol === 'stream' ? largest : null;
  integerOption('Perplexity', 'limit', limit, 1);
  if (limit >= largest) return limit;
  const message = `A limit of ${limit} tokens cuts every document below ${largest}. Raise it to ${largest} or more.`;
  throw new TreekvError('BAD_OPTION', message, { limit, largest });
}

/** Throws BAD_OPTION for a run that would end in a table of dashes, since no document reaches its first column. */
export function requireReached({ protocol, documents }: PerplexityPlan): void {
  const { columns } = protocol;
  const longest = longestRead(documents);
  if (longest >= columns[0]) return;
  const [what, option] = protocol.protocol === 'stream' ? ['context', '--context'] : ['window', '--window'];
  const message =
    `No document has the ${columns[0]} tokens of a ${what}; the longest has ${longest}. Take a smaller ${what} ` +
    `(${option}) or longer texts.`;
  throw new TreekvError('BAD_OPTION', message, { [what]: columns[0], longest });
}

type Words = Pick<
  PerplexityProtocol,
  'textOrder' | 'bos' | 'window' | 'stride' | 'reset' | 'firstScored' | 'mean'
>;

function inWords(reading: StreamReading | SlidingReading, bos: boolean, chunk: number): Words {
  const mean = 'per document over its tokens, then over documents; float64';
  const steps = chunk === 1 ? 'token by token' : `chunks of ${chunk} once entries are evicted`;
  if (reading.protocol === 'sliding') {
    const { stride } = reading;
    return {
      textOrder: 'each document alone; its windows in any order',
      bos: bos ? 'one in front of each window, in the place of the token before it' : 'none',
      window: `as the columns say, each read from an empty cache ${steps}`,
      stride: `${stride} tokens; the last window ends with the document`,
      reset: 'per window',
      firstScored:
        `of a document's first window ${bos ? 'all tokens' : 'all tokens but the first'}, of the others the last ` +
        `${stride} (of its last window, those not scored before)`,
      mean,
    };
  }
  const { reset = true } = reading;
  return {
    textOrder: reset
      ? 'each document alone, from its start'
      : 'one document after another, in the order given',
    bos: bos ? 'one in front of each document, never scored' : 'none',
    window: 'none: the cache bounds what is seen',
    stride: steps,
    reset: reset ? 'per document' : 'never: one cache reads all documents, positions go on',
    firstScored: `the ${bos ? 'first token of each document, after BOS' : 'second token of each document'}`,
    mean,
  };
}
