// Perplexity of documents under several caches, protocol `stream`: each document alone and from its start,
// token by token through a cache that begins empty, every token scored. One run gives every context length:
// the first N tokens are a document's numbers at context N. Sums are float64; the reported perplexity is
// exp of the mean over documents of their mean negative log-likelihoods.
import { basename } from 'node:path';
import { packageVersion, TreekvError } from '../core/index.ts';
import type { Model, ScoredText, ScoreProgress } from '../generation/index.ts';
import { type CachePlan, findPolicy, type PolicyCard, protocolCard } from '../policies/index.ts';
import type { NamedPlan } from './policySpec.ts';

/** A text to read. */
export interface Document {
  readonly name: string;
  readonly text: string;
}

export interface PerplexityRequest {
  readonly documents: readonly Document[];
  readonly policies: readonly NamedPlan[];
  /** Tokens scored of each document; a shorter one is left out of that context's mean and named. */
  readonly contexts: readonly number[];
  /** Tokens a run once entries are evicted. @default 1 */
  readonly chunk?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: ScoreProgress) => void;
}

/** What a number was measured under. */
export interface PerplexityProtocol {
  readonly protocol: 'stream';
  readonly textOrder: string;
  readonly bos: string;
  readonly window: string;
  readonly stride: string;
  readonly reset: string;
  readonly firstScored: string;
  readonly mean: string;
  readonly dtype: string;
  readonly chunk: number;
}

/** One document under one policy at one context. */
export interface DocumentResult {
  readonly policy: string;
  readonly context: number;
  /** Mean negative log-likelihood, natural logarithm. */
  readonly nll: number;
  readonly perplexity: number;
}

export interface DocumentReport {
  readonly name: string;
  /** Tokens the document has. */
  readonly tokens: number;
  readonly results: readonly DocumentResult[];
}

/** One policy at one context over all documents long enough. */
export interface OverallResult extends DocumentResult {
  readonly documents: number;
}

export interface PolicyReport {
  readonly name: string;
  readonly cache: CachePlan;
  readonly card: PolicyCard;
  /** Most entries per head that attention saw in this run, the new ones included. */
  readonly entriesVisible: number;
  /** Most bytes that the cache held, and their mean over the tokens read; the largest of the documents. */
  readonly peakCacheBytes: number;
  readonly meanCacheBytes: number;
}

/** A run, whole: what `--json` prints. */
export interface PerplexityReport {
  readonly kind: 'perplexity';
  readonly treekv: string;
  readonly model: { readonly name: string; readonly fingerprint: string; readonly trainedContext: number };
  readonly protocol: PerplexityProtocol;
  readonly policies: readonly PolicyReport[];
  readonly contexts: readonly number[];
  readonly documents: readonly DocumentReport[];
  readonly overall: readonly OverallResult[];
  /** Documents left out of a context's mean because they are shorter. */
  readonly tooShort: readonly { readonly context: number; readonly documents: readonly string[] }[];
  readonly seconds: number;
  readonly tokensPerSecond: number;
  /** Most bytes allocated for caches at once, all rows together. */
  readonly cacheBytes: number;
  /** Most memory that the whole process has held resident since it began. */
  readonly peakRssBytes: number;
}

/** Reads all documents under all policies. Throws BAD_OPTION, EMPTY_INPUT or ABORTED. */
export async function evaluatePerplexity(
  model: Model,
  request: PerplexityRequest,
): Promise<PerplexityReport> {
  const { documents, policies, chunk = 1, signal, onProgress } = request;
  const contexts = [...new Set(request.contexts)].sort((a, b) => a - b);
  requireSome('documents', documents.length);
  requireSome('policies', policies.length);
  requireSome('contexts', contexts.length);
  const started = performance.now();
  const scored = await model.score(
    {
      texts: documents.map(({ text }) => text),
      plans: policies.map(({ plan }) => plan),
      limit: contexts[contexts.length - 1],
      chunk,
    },
    signal,
    onProgress,
  );
  const seconds = (performance.now() - started) / 1000;

  const reports = documents.map(({ name }, d): DocumentReport => {
    const { tokens, results } = scored.texts[d];
    const perPolicy = results.flatMap(({ nll }, p) =>
      meansAt(nll, contexts).map(({ context, mean }) => result(policies[p].name, context, mean)),
    );
    return { name, tokens, results: perPolicy };
  });
  const read = scored.texts.flatMap(({ results }) => results).reduce((sum, { nll }) => sum + nll.length, 0);
  return {
    kind: 'perplexity',
    treekv: packageVersion(),
    model: {
      name: basename(model.path),
      fingerprint: model.fingerprint,
      trainedContext: model.config.maxPositions,
    },
    protocol: describe(model, chunk, scored.texts[0].bos),
    policies: await Promise.all(
      policies.map(async ({ name, plan }, p) => ({
        name,
        cache: plan,
        card: protocolCard(plan, await findPolicy(plan.policy)),
        entriesVisible: largest(scored.texts, p, 'entriesVisible'),
        peakCacheBytes: largest(scored.texts, p, 'cacheBytes'),
        meanCacheBytes: largest(scored.texts, p, 'meanCacheBytes'),
      })),
    ),
    contexts,
    documents: reports,
    overall: policies.flatMap(({ name }) => contexts.map((context) => overall(reports, name, context))),
    tooShort: contexts
      .map((context) => ({
        context,
        documents: reports.filter(({ results }) => !has(results, context)).map(({ name }) => name),
      }))
      .filter(({ documents: names }) => names.length > 0),
    seconds,
    tokensPerSecond: read / seconds,
    cacheBytes: scored.cacheBytes,
    peakRssBytes: scored.peakRssBytes,
  };
}

/** The largest of a policy's figures over the texts. */
function largest(
  texts: readonly ScoredText[],
  policy: number,
  figure: 'entriesVisible' | 'cacheBytes' | 'meanCacheBytes',
): number {
  return Math.max(...texts.map(({ results }) => results[policy][figure]));
}

/** Means of the first N numbers for every N that there are enough for; one pass, in float64. */
function meansAt(nll: Float32Array, contexts: readonly number[]): { context: number; mean: number }[] {
  const means: { context: number; mean: number }[] = [];
  let sum = 0;
  let next = 0;
  for (let i = 0; i < nll.length && next < contexts.length; i++) {
    sum += nll[i];
    if (i + 1 === contexts[next]) means.push({ context: contexts[next++], mean: sum / (i + 1) });
  }
  return means;
}

function overall(reports: readonly DocumentReport[], policy: string, context: number): OverallResult {
  const means = reports.flatMap(({ results }) =>
    results.filter((one) => one.policy === policy && one.context === context).map(({ nll }) => nll),
  );
  const mean = means.reduce((sum, nll) => sum + nll, 0) / means.length;
  return { ...result(policy, context, mean), documents: means.length };
}

function result(policy: string, context: number, nll: number): DocumentResult {
  return { policy, context, nll, perplexity: Math.exp(nll) };
}

function has(results: readonly DocumentResult[], context: number): boolean {
  return results.some((one) => one.context === context);
}

function describe(model: Model, chunk: number, bos: boolean): PerplexityProtocol {
  return {
    protocol: 'stream',
    textOrder: 'each document alone, from its start',
    bos: bos ? 'one in front of each document' : 'none',
    window: 'none: the cache bounds what is seen',
    stride: chunk === 1 ? 'token by token' : `chunks of ${chunk} once entries are evicted`,
    reset: 'per document',
    firstScored: bos ? 'the first token of the text, after BOS' : 'the second token of the text',
    mean: 'per document over its tokens, then over documents; float64',
    dtype: `weights ${model.dtype}, softmax float32`,
    chunk,
  };
}

function requireSome(what: string, count: number): void {
  if (count > 0) return;
  throw new TreekvError('BAD_OPTION', `There are no ${what}: name at least one.`, { what });
}
