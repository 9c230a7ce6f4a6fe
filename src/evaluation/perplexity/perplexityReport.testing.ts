// Test support, not published: a perplexity result as a run would write it, from given likelihoods.
import type { PerplexityReport } from './evaluatePerplexity.ts';
import type { PerplexityProtocol } from './perplexityProtocol.ts';
import { summarisePerplexity } from './perplexitySummary.ts';
import { type PerplexityUnit, unitKey } from './perplexityUnit.ts';

const card = {
  ...{
    when: 'after',
    score: 'mass',
    sharing: 'one set',
    group: 'mean',
    positions: 'by place',
    order: 'token order',
  },
  entriesVisible: 17,
};

/** A protocol of these documents (name to tokens), policies and columns. */
export function protocolOf(
  documents: Readonly<Record<string, number>>,
  policies: readonly string[],
  own: Partial<PerplexityProtocol> = {},
): PerplexityProtocol {
  return {
    ...{
      protocol: 'stream',
      textOrder: 'each alone',
      bos: 'in front',
      window: 'none',
      stride: 'token by token',
    },
    ...{
      reset: 'per document',
      firstScored: 'the first token',
      mean: 'over documents',
      dtype: 'weights fp32',
    },
    ...{ chunk: 1, joined: false, columns: [4, 8], strideTokens: null, limit: 8, bucket: 2 },
    documents: Object.entries(documents).map(([name, tokens]) => ({ name, sha256: 'none', tokens })),
    policies: policies.map((name) => ({
      name,
      cache: {
        ...{ policy: name, variant: 'paper', budget: 16, sinks: 2, recent: 4, selected: 10 },
        positions: 'by-place',
      },
      card,
    })),
    reference: policies[0],
    bootstrap: { samples: 500, seed: 0, level: 0.95 },
    ...own,
  };
}

/** Units in which every token of a document costs `nll(document, policy, token)`. */
export function unitsOf(
  { documents, policies, columns, bucket, limit }: PerplexityProtocol,
  nll: (document: string, policy: string, token: number) => number,
): PerplexityUnit[] {
  return documents.flatMap(({ name: document, tokens: all }) =>
    policies.map(({ name: policy }): PerplexityUnit => {
      const tokens = Math.min(all, limit ?? all);
      const costs = Array.from({ length: tokens }, (_, token) => nll(document, policy, token));
      const sum = (from: number, to: number) => costs.slice(from, to).reduce((a, b) => a + b, 0);
      return {
        ...{
          key: unitKey(document, policy, null),
          document,
          policy,
          window: null,
          tokens,
          sum: sum(0, tokens),
        },
        means: columns
          .filter((column) => column <= tokens)
          .map((column) => ({ column, nll: sum(0, column) / column })),
        buckets: Array.from({ length: Math.ceil(tokens / bucket) }, (_, b) =>
          sum(b * bucket, (b + 1) * bucket),
        ),
        ...{ entriesVisible: 17, peakCacheBytes: 2048, meanCacheBytes: 1024 },
      };
    }),
  );
}

/** The result of these units. */
export function reportOf(protocol: PerplexityProtocol, units: readonly PerplexityUnit[]): PerplexityReport {
  return {
    ...{ format: 'treekv-result', version: 1, kind: 'perplexity', complete: true, protocol, units },
    model: { name: 'books', fingerprint: 'f', dtype: 'fp32', trainedContext: 4096 },
    software: { treekv: '0', node: 'v20', onnxruntime: '1' },
    summary: summarisePerplexity(protocol, units),
    ...{ seconds: 1.25, peakRssBytes: 1 },
  };
}
