// What follows from the units of a perplexity run: means over documents, and how policies differ, document by
// document, with an interval. Pure functions of protocol and units, whatever the order of the units.
import { bootstrapMean, type MeanInterval } from '../../report/index.ts';
import { mean } from '../mean.ts';
import type { PerplexityProtocol } from './perplexityProtocol.ts';
import type { PerplexityUnit } from './perplexityUnit.ts';

/** One policy in one column. */
export interface ColumnMean {
  /** The cache or session, by the name that tables give it. */
  readonly policy: string;
  /** The context or window, in tokens. */
  readonly column: number;
  /** Documents long enough; without any there is no mean. */
  readonly documents: number;
  /** Mean over them of their mean negative log-likelihoods, natural logarithm. */
  readonly nll: number | null;
  /** exp of it. */
  readonly perplexity: number | null;
}

/** A policy less the reference in one column: differences of mean negative log-likelihoods, a document each. */
export interface ColumnDifference extends MeanInterval {
  /** The cache or session, by the name that tables give it. */
  readonly policy: string;
  /** The policy that is subtracted. */
  readonly reference: string;
  /** The context or window, in tokens. */
  readonly column: number;
}

/** What a policy held, the largest of its documents. */
export interface PolicyFigures {
  /** The cache or session, by the name that tables give it. */
  readonly policy: string;
  /** Over all tokens of all documents, each counted alike, as StreamingLLM does; in `stream` only. */
  readonly allTokens: { readonly tokens: number; readonly nll: number; readonly perplexity: number } | null;
  /** Most entries per head that a query saw, its own included. */
  readonly entriesVisible: number;
  /** Most bytes that its cache held. */
  readonly peakCacheBytes: number;
  /** Mean of the bytes held, over the tokens read. */
  readonly meanCacheBytes: number;
}

/** What a run comes to. */
export interface PerplexitySummary {
  /** Each policy in each column. */
  readonly means: readonly ColumnMean[];
  /** Each policy less the reference, in each column. */
  readonly differences: readonly ColumnDifference[];
  /** What each policy held. */
  readonly policies: readonly PolicyFigures[];
  /** Documents left out of a column because they are shorter. */
  readonly tooShort: readonly { readonly column: number; readonly documents: readonly string[] }[];
}

/** Sums a run up. */
export function summarisePerplexity(
  protocol: PerplexityProtocol,
  units: readonly PerplexityUnit[],
): PerplexitySummary {
  const { policies, columns, documents, reference, bootstrap } = protocol;
  const nlls = new Map(
    units.flatMap(({ document, policy, means }) =>
      means.map(({ column, nll }) => [JSON.stringify([document, policy, column]), nll] as const),
    ),
  );
  // Documents in their order, so that sums and draws do not depend on the order of the units.
  const inColumn = (policy: string, column: number): number[] =>
    documents.flatMap(({ name }) => nlls.get(JSON.stringify([name, policy, column])) ?? []);
  const names = policies.map(({ name }) => name);
  return {
    means: names.flatMap((policy) =>
      columns.map((column): ColumnMean => {
        const own = inColumn(policy, column);
        if (own.length === 0) return { policy, column, documents: 0, nll: null, perplexity: null };
        const nll = mean(own);
        return { policy, column, documents: own.length, nll, perplexity: Math.exp(nll) };
      }),
    ),
    differences: names
      .filter((policy) => policy !== reference)
      .flatMap((policy) =>
        columns.flatMap((column): ColumnDifference[] => {
          const others = inColumn(reference, column);
          const own = inColumn(policy, column).map((nll, d) => nll - others[d]);
          return own.length === 0 ? [] : [{ policy, reference, column, ...bootstrapMean(own, bootstrap) }];
        }),
      ),
    policies: names.map((policy) => figures(protocol, policy, units)),
    tooShort: columns.flatMap((column) => {
      const short = documents.filter(({ name }) => !nlls.has(JSON.stringify([name, names[0], column])));
      return short.length === 0 ? [] : [{ column, documents: short.map(({ name }) => name) }];
    }),
  };
}

function figures(
  { protocol, documents }: PerplexityProtocol,
  policy: string,
  units: readonly PerplexityUnit[],
): PolicyFigures {
  const own = documents.flatMap(({ name }) =>
    units.filter((unit) => unit.policy === policy && unit.document === name),
  );
  const largest = (figure: 'entriesVisible' | 'peakCacheBytes' | 'meanCacheBytes'): number =>
    Math.max(0, ...own.map((unit) => unit[figure]));
  const tokens = own.reduce((sum, unit) => sum + unit.tokens, 0);
  const nll = own.reduce((sum, unit) => sum + unit.sum, 0) / tokens;
  return {
    policy,
    allTokens: protocol === 'stream' ? { tokens, nll, perplexity: Math.exp(nll) } : null,
    entriesVisible: largest('entriesVisible'),
    peakCacheBytes: largest('peakCacheBytes'),
    meanCacheBytes: largest('meanCacheBytes'),
  };
}
