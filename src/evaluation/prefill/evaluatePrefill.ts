// What each way to compress a prompt costs, over documents: `prefillPerplexity` on each, its figures as units of a
// run that may be cut off, and their means. Cases of a document that are already there are not read again.
import { TreekvError } from '../../core/index.ts';
import type { LocalModel } from '../../generation/index.ts';
import { type PrefillCard, prefillCard } from '../../prefill/index.ts';
import {
  bootstrapMean,
  type MeanInterval,
  type Result,
  ResumableRun,
  type RunOptions,
} from '../../report/index.ts';
import { type Document, requireDocuments, textHash } from '../document.ts';
import { mean } from '../mean.ts';
import { modelCard } from '../modelCard.ts';
import { type PolicyRecord, recordPolicies } from '../policyRecord.ts';
import { isGivenList, requireExperiment } from '../requireExperiment.ts';
import { entriesVisible } from './entriesVisible.ts';
import type { PrefillCase } from './prefillCases.ts';
import { type PrefillLengths, prefillLengths } from './prefillLengths.ts';
import { type PrefillResult, prefillPerplexity } from './prefillPerplexity.ts';

/** Prompts of documents, and the ways in which they are brought down to the budget. */
export interface PrefillEvaluation extends RunOptions, PrefillLengths {
  /** The texts to read. */
  readonly documents: readonly Document[];
  /** The ways to compare. */
  readonly cases: readonly PrefillCase[];
  /** Ends the run with `ABORTED`; what was measured stays in its file. @default none */
  readonly signal?: AbortSignal;
  /** Cases done of all documents. */
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
}

/** A case as a result names it. */
export interface PrefillCaseRecord extends PolicyRecord {
  /** The policy or method as it was named. */
  readonly policy: string;
  readonly prefill: PrefillCard;
  readonly block?: number;
}

/** What the numbers were measured under. */
export interface PrefillProtocol {
  /** What was read as the prompt. */
  readonly prompt: string;
  /** Which tokens behind it count. */
  readonly scored: string;
  /** Which queries could score an entry. */
  readonly query: string;
  /** What is averaged over what. */
  readonly mean: string;
  /** Tokens read at once when a cache is full. */
  readonly chunk: number;
  /** What was read. */
  readonly documents: readonly { readonly name: string; readonly sha256: string; readonly tokens: number }[];
  /** Documents with too few tokens, which are left out. */
  readonly tooShort: readonly string[];
  /** The ways compared, each with everything decided. */
  readonly cases: readonly PrefillCaseRecord[];
}

/** One case over one document. */
export interface PrefillUnit extends PrefillResult {
  /** Names the unit in its run. */
  readonly key: string;
  /** Name of the document. */
  readonly document: string;
}

/** One case over all documents. */
export interface PrefillSummary extends Omit<PrefillResult, 'entriesKept'> {
  /** exp of the mean over documents. */
  readonly perplexity: number;
  /** Documents long enough. */
  readonly documents: number;
  /** Most entries per head that attention saw in a step, new ones included; in mode `full` behind the prompt. */
  readonly entriesVisible: number;
  /** nll less that of the first case of the same mode and budget, paired by document. */
  readonly difference: MeanInterval;
  /** That first case. */
  readonly reference: string;
}

/** A run, whole. */
export type PrefillReport = Result<PrefillProtocol, PrefillUnit, readonly PrefillSummary[]>;

/** Evaluates all cases over all documents long enough. Throws as `prefillPerplexity` and `ResumableRun` do. */
export async function evaluatePrefill(model: LocalModel, request: PrefillEvaluation): Promise<PrefillReport> {
  requireExperiment('evaluatePrefill', model, request, { documents: isGivenList, cases: isGivenList });
  const { cases, signal, onProgress } = request;
  const lengths = prefillLengths(request);
  const { prompt, scored, chunk } = lengths;
  requireChunkRead(request);
  const { tokenizer } = model;
  requireDocuments(request.documents);
  const texts = request.documents.map(({ name, text }) => {
    const ids = tokenizer.withBos(tokenizer.encode(text));
    return { name, ids, sha256: textHash(text) };
  });
  const long = texts.filter(({ ids }) => ids.length > prompt + scored);
  if (long.length === 0) {
    const longest = Math.max(...texts.map(({ ids }) => ids.length));
    const message =
      `No document has more than the ${prompt} + ${scored} tokens of a prompt and of what is scored; the longest has ` +
      `${longest}. Take a shorter prompt (--prompt) or longer texts.`;
    throw new TreekvError('BAD_OPTION', message, { prompt, scored, longest });
  }
  const protocol: PrefillProtocol = {
    prompt: `the first ${prompt} tokens of each document, BOS included`,
    scored: `${scored} tokens one by one; the token right behind the prompt is read and not scored`,
    query: 'agnostic: what is scored comes after the compressed prompt',
    mean: 'per document over its tokens, then over documents; float64',
    chunk,
    documents: long.map(({ name, ids, sha256 }) => ({ name, sha256, tokens: ids.length })),
    tooShort: texts.filter((text) => !long.includes(text)).map(({ name }) => name),
    cases: await record(cases),
  };
  const run = await ResumableRun.open<PrefillProtocol, PrefillUnit>(
    { kind: 'prefill', model: modelCard(model), protocol },
    request,
  );
  const total = long.length * cases.length;
  onProgress?.({ done: run.units.length, total });
  for (const { name: document, ids } of long) {
    const key = (name: string): string => `${document}|${name}`;
    const missing = cases.filter(({ name }) => !run.has(key(name)));
    if (missing.length === 0) continue;
    const before = run.units.length;
    let done = 0;
    const results = await prefillPerplexity(model, {
      ...{ ids, ...lengths, cases: missing },
      ...(signal !== undefined && { signal }),
      onProgress: (what) => {
        // the shared reading is no case
        if (missing.some(({ name }) => name === what)) onProgress?.({ done: before + ++done, total });
      },
    });
    await run.add(...results.map((result) => ({ key: key(result.name), document, ...result })));
  }
  const visible = cases.map((one) => entriesVisible(one, lengths, model.engine.config.layers));
  return run.finish((units) => summarise(protocol, visible, units));
}

/** The chunk is part of the protocol, so one without effect would set a run apart from its like. */
function requireChunkRead({ cases, chunk }: PrefillEvaluation): void {
  if (chunk === undefined || cases.some(({ prefill }) => prefill.mode === 'chunked')) return;
  const message =
    "Prefill option 'chunk' has no effect: no case is read in mode 'chunked'. Leave it out (--chunk), or add the mode " +
    '(--modes).';
  throw new TreekvError('BAD_OPTION', message, { chunk });
}

async function record(cases: readonly PrefillCase[]): Promise<PrefillCaseRecord[]> {
  const caches = await recordPolicies(cases.map(({ name, cache }) => ({ name, plan: cache })));
  return cases.map(({ policy, prefill }, i) => ({
    ...caches[i],
    ...{ policy, prefill: prefillCard(prefill) },
    ...(prefill.mode === 'full' && prefill.block !== undefined && { block: prefill.block }),
  }));
}

/** @param visible [cases] */
function summarise(
  { cases, documents }: PrefillProtocol,
  visible: readonly number[],
  units: readonly PrefillUnit[],
): PrefillSummary[] {
  const figures = new Map(units.map((unit) => [unit.key, unit]));
  const column = (name: string, figure: 'nll' | 'peakCacheBytes' | 'finalCacheBytes'): number[] =>
    documents.map((document) => figures.get(`${document.name}|${name}`)?.[figure] ?? Number.NaN);
  return cases.map(({ name, prefill, cache }, i) => {
    const reference =
      cases.find((one) => sameMode(one.prefill, prefill) && one.cache.budget === cache.budget)?.name ?? name;
    const own = column(name, 'nll');
    const others = column(reference, 'nll');
    const nll = mean(own);
    return {
      name,
      nll,
      perplexity: Math.exp(nll),
      documents: documents.length,
      entriesVisible: visible[i],
      peakCacheBytes: mean(column(name, 'peakCacheBytes')),
      finalCacheBytes: mean(column(name, 'finalCacheBytes')),
      difference: bootstrapMean(own.map((value, d) => value - others[d])),
      reference,
    };
  });
}

function sameMode(a: PrefillCard, b: PrefillCard): boolean {
  return a.prefill.startsWith('chunked') === b.prefill.startsWith('chunked');
}
