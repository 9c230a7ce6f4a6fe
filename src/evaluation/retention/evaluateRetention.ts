// What each policy keeps of a text (the paper's Figures 1 and 3) and what that costs in attention. All policies read
// a text side by side; everything about what is kept follows from their traces, so that a replay of those gives the
// same numbers and pictures without the model.
import type { LocalModel } from '../../generation/index.ts';
import { ResumableRun, type RunOptions } from '../../report/index.ts';
import { modelCard } from '../modelCard.ts';
import { isGivenList, requireExperiment } from '../requireExperiment.ts';
import type { LostAttention } from './attentionLoss.ts';
import { keptStatistics } from './keptStatistics.ts';
import { recordRetention } from './recordRetention.ts';
import { replayTrace } from './replayTrace.ts';
import { planRetention, type RetentionRequest } from './retentionProtocol.ts';
import {
  type RetentionProtocol,
  type RetentionResult,
  type RetentionUnit,
  traceToText,
} from './retentionResult.ts';
import { summariseRetention } from './retentionSummary.ts';
import type { Trace } from './trace.ts';

/** How a measurement of retention goes, and where its result does. */
export interface RetentionOptions extends RunOptions {
  /** Ends the run with `ABORTED`; what was measured stays in its file. @default none */
  readonly signal?: AbortSignal;
  /** Called after each step, with tokens of texts. */
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
}

/** Reads all texts. Throws BAD_OPTION, UNSUPPORTED, ABORTED, or what the result's file does. */
export async function evaluateRetention(
  model: LocalModel,
  request: RetentionRequest,
  options: RetentionOptions = {},
): Promise<RetentionResult> {
  requireExperiment('evaluateRetention', model, request, { policies: isGivenList }, options);
  const { signal, onProgress } = options;
  const { policies } = request;
  const { protocol, texts } = await planRetention(model, request);
  const head = { kind: 'retention', model: modelCard(model), protocol };
  const run = await ResumableRun.open<RetentionProtocol, RetentionUnit>(head, options);
  const total = texts.length * protocol.tokens;
  for (const [index, { name, ids }] of texts.entries()) {
    // A text's policies are saved together, so that one of them stands for all.
    if (run.has(unitKey(name, policies[0].name))) continue;
    const records = await recordRetention(model.engine, {
      ids,
      policies,
      chunk: protocol.chunk,
      loss: protocol.loss !== null,
      ...(signal !== undefined && { signal }),
      onProgress: (read) => onProgress?.({ done: index * protocol.tokens + read, total }),
    });
    await run.add(
      ...records.map(({ trace, loss }) => retentionUnit(name, trace, loss, protocol, index === 0)),
    );
  }
  return run.finish((units) => summariseRetention(units, protocol));
}

/** One policy over one text. @param traced whether the unit carries the trace. */
export function retentionUnit(
  text: string,
  trace: Trace,
  loss: LostAttention | null,
  { tokens, ageBin, view }: RetentionProtocol,
  traced: boolean,
): RetentionUnit {
  const { policy } = trace;
  return {
    key: unitKey(text, policy),
    text,
    policy,
    kept: keptStatistics(replayTrace(trace), { layer: view.layer, tokens, bin: ageBin }),
    loss,
    trace: traced ? traceToText(trace) : null,
  };
}

function unitKey(text: string, policy: string): string {
  return `${text} | ${policy}`;
}
