// What a perplexity run measures once and saves: one document under one cache, and in protocol `sliding` under one
// window. Sums stay sums, in float64, so that every mean, difference and curve follows from the file.

/** One document under one cache. */
export interface PerplexityUnit {
  /** `document|policy`, and `|window` in protocol `sliding`. */
  readonly key: string;
  /** Name of the document. */
  readonly document: string;
  /** The cache or session, by the name that tables give it. */
  readonly policy: string;
  /** Tokens of the windows; null in protocol `stream`. */
  readonly window: number | null;
  /** Tokens scored. */
  readonly tokens: number;
  /** Their negative log-likelihoods, natural logarithm, summed. */
  readonly sum: number;
  /** The columns that the document is long enough for, and its mean negative log-likelihood in each. */
  readonly means: readonly { readonly column: number; readonly nll: number }[];
  /** Sums over `protocol.bucket` tokens of the document each; the last may have fewer. */
  readonly buckets: readonly number[];
  /** Most entries per head that attention saw, the new ones included. */
  readonly entriesVisible: number;
  /** Most bytes that the cache held, and their mean over the tokens read. */
  readonly peakCacheBytes: number;
  /** Mean of the bytes held, over the tokens read. */
  readonly meanCacheBytes: number;
}

/** The key of a unit. */
export function unitKey(document: string, policy: string, window: number | null): string {
  return window === null ? `${document}|${policy}` : `${document}|${policy}|${window}`;
}
