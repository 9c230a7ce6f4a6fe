// Carries out a plan: rows of documents, windows and caches in the groups that `groupRows` forms, and units as they
// are complete. A group is read whole or not at all, even if a part of its units is there already: its numbers
// depend in their last bits on which rows step together, and a resumed run must give what an unbroken one gives.

import type { LocalModel } from '../../generation/index.ts';
import { groupRows, requireRunInWindow, type ScoreRow, score } from '../../generation/index.ts';
import type { ResumableRun } from '../../report/index.ts';
import { NllSums } from './nllSums.ts';
import type { PerplexityPlan, PerplexityRequest } from './perplexityProtocol.ts';
import { type PerplexityUnit, unitKey } from './perplexityUnit.ts';
import { documentRow, joinedRow, type ReadPart, type ReadRow, scoredOf, windowRows } from './readings.ts';

/** A row of a batch, and the units to which its stretches belong. */
interface UnitRow extends ScoreRow {
  readonly parts: readonly ReadPart[];
  /** Per part. */
  readonly units: readonly OpenUnit[];
}

/** A unit that waits for its rows. */
interface OpenUnit extends Pick<PerplexityUnit, 'key' | 'document' | 'policy' | 'window'> {
  readonly sums: NllSums;
  /** Tokens to be scored. */
  readonly tokens: number;
  entriesVisible: number;
  peakCacheBytes: number;
  /** Mean bytes times tokens read, and those tokens. */
  byteTokens: number;
  tokensRead: number;
}

/** Reads what the run has not, and adds it. Throws ABORTED, UNSUPPORTED or WRITE_FAILED. */
export async function scoreUnits<Protocol>(
  model: LocalModel,
  plan: PerplexityPlan,
  run: ResumableRun<Protocol, PerplexityUnit>,
  { signal, onProgress }: Pick<PerplexityRequest, 'signal' | 'onProgress'>,
): Promise<void> {
  const { engine } = model;
  const { chunk } = plan.protocol;
  const rows = planRows(plan);
  // `score` checks too, but a later group must not fail after hours spent on an earlier one.
  for (const { ids, plan: cache } of rows) {
    requireRunInWindow(engine.config.slidingWindow, cache, { chunk, tokens: ids.length });
  }
  const total = rows.reduce((sum, { ids }) => sum + ids.length, 0);
  let done = 0;
  for (const group of groupRows(rows, { config: engine.config, chunk })) {
    const members = group.map((row) => rows[row]);
    if (members.some(({ units }) => units.some(({ key }) => !run.has(key)))) {
      const { results } = await score(engine, members, {
        chunk,
        ...(signal !== undefined && { signal }),
        onProgress: (progress) => onProgress?.({ done: done + progress.done, total }),
      });
      const complete = new Set<OpenUnit>();
      for (const [i, { ids, parts, units }] of members.entries()) {
        const { nll, entriesVisible, cacheBytes, meanCacheBytes } = results[i];
        for (const [p, unit] of units.entries()) {
          unit.sums.add(nll.subarray(parts[p].from, parts[p].to), parts[p].at);
          unit.entriesVisible = Math.max(unit.entriesVisible, entriesVisible);
          unit.peakCacheBytes = Math.max(unit.peakCacheBytes, cacheBytes);
          unit.byteTokens += meanCacheBytes * ids.length;
          unit.tokensRead += ids.length;
          if (unit.sums.count === unit.tokens && !run.has(unit.key)) complete.add(unit);
        }
      }
      if (complete.size > 0) await run.add(...[...complete].map(close));
    }
    done += members.reduce((sum, { ids }) => sum + ids.length, 0);
    onProgress?.({ done, total });
  }
}

/** All rows, documents first, then caches, then windows. */
function planRows({ protocol, documents }: PerplexityPlan): UnitRow[] {
  const { policies, columns, bucket, strideTokens } = protocol;
  const open = (document: number, policy: string, window: number | null): OpenUnit => {
    const { name } = protocol.documents[document];
    const tokens = scoredOf(documents[document]);
    return {
      ...{ key: unitKey(name, policy, window), document: name, policy, window, tokens },
      sums: new NllSums(window === null ? columns : [], tokens, bucket),
      ...{ entriesVisible: 0, peakCacheBytes: 0, byteTokens: 0, tokensRead: 0 },
    };
  };
  const rowOf = (read: ReadRow, { cache }: (typeof policies)[number], units: OpenUnit[]): UnitRow => ({
    ...read,
    plan: cache,
    units,
  });
  if (protocol.joined) {
    const read = joinedRow(documents);
    return policies.map((policy) =>
      rowOf(
        read,
        policy,
        documents.map((_, d) => open(d, policy.name, null)),
      ),
    );
  }
  return documents.flatMap((document, d) => {
    // The windows of a document are read alike under every cache.
    const reads: readonly (readonly [number | null, readonly ReadRow[]])[] =
      strideTokens === null
        ? [[null, [documentRow(document, d)]]]
        : columns.map((window) => [window, windowRows(document, d, window, strideTokens)]);
    return policies.flatMap((policy) =>
      reads.flatMap(([window, own]) => {
        const unit = open(d, policy.name, window);
        return own.map((read) => rowOf(read, policy, [unit]));
      }),
    );
  });
}

function close(unit: OpenUnit): PerplexityUnit {
  const { key, document, policy, window, sums, tokens, entriesVisible, peakCacheBytes } = unit;
  const means =
    window === null
      ? sums.contexts.flatMap((column, c) =>
          column <= tokens ? [{ column, nll: sums.ofContext[c] / column }] : [],
        )
      : [{ column: window, nll: sums.sum / tokens }];
  return {
    ...{ key, document, policy, window, tokens, sum: sums.sum, means, buckets: [...sums.ofBucket] },
    ...{ entriesVisible, peakCacheBytes, meanCacheBytes: unit.byteTokens / unit.tokensRead },
  };
}
