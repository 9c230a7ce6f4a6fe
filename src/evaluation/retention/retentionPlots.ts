// The pictures of a result: what is kept at the end (''), what is kept over time (`time`, the paper's Figure 1), and
// the trees of merges (`tree`, Figure 3). All are of the first text and drawn from its traces.
import type { Picture } from '../../report/index.ts';
import { keptMap, keptMapOverTime } from './keptMap.ts';
import { keptPicture, type LabelledMap, type MapWords, MOST_CELLS } from './keptPicture.ts';
import type { KeptTokens } from './keptTokens.ts';
import { mergeTree } from './mergeTree.ts';
import { replayTrace } from './replayTrace.ts';
import { type RetentionProtocol, type RetentionResult, tracesOf } from './retentionResult.ts';
import { MOST_TIME_CELLS, timePicture } from './timePicture.ts';
import type { Trace } from './trace.ts';
import { treePicture } from './treePicture.ts';

/** The pictures by their suffixes. */
export function retentionPlots(result: RetentionResult): Readonly<Record<string, Picture>> {
  const { protocol } = result;
  const { layer, tree } = protocol.view;
  const traces = tracesOf(result);
  const around: MapWords = {
    split: splitWords(protocol),
    heads: layer === null ? 'heads and layers' : `the heads of layer ${layer}`,
    tokens: protocol.tokens,
  };
  const cells = Math.min(MOST_TIME_CELLS, protocol.tokens);
  const panels = traces.map((trace) => ({
    label: policyLabel(trace.policy),
    map: keptMapOverTime(trace, cells, layer),
  }));
  return {
    '': keptPicture(
      traces.map((trace) => keptStrip(trace, replayTrace(trace), layer)),
      around,
    ),
    time: timePicture(panels, around),
    ...(tree !== null && {
      tree: treePicture(traces.map((trace) => mergeTree(trace, tree.layer, tree.head))),
    }),
  };
}

/** A policy's strip in the picture of what is kept. */
export function keptStrip({ policy, tokens }: Trace, kept: KeptTokens, layer: number | null): LabelledMap {
  return {
    label: policyLabel(policy),
    map: keptMap(kept, tokens, Math.min(MOST_CELLS, tokens), layer),
  };
}

/** `budget 256 = 4 sinks + 124 recent + 128 chosen by the policy`, if that holds for all that have a budget. */
export function splitWords({ policies }: Pick<RetentionProtocol, 'policies'>): string {
  const splits = policies.flatMap(({ cache: { budget, sinks, recent, selected } }) =>
    budget === null
      ? []
      : `budget ${budget} = ${sinks} sinks + ${recent} recent + ${selected} chosen by the policy`,
  );
  const different = new Set(splits).size;
  if (different > 1) return `${different} different budgets or splits`;
  return splits[0] ?? 'no budget';
}

/** A module goes by the name of its file. */
function policyLabel(policy: string): string {
  return policy.slice(policy.lastIndexOf('/') + 1);
}
