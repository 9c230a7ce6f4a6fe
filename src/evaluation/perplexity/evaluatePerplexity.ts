// Perplexity of documents under several caches, protocols `stream` and `sliding` (the paper's Tables 1 and 2). The
// perplexity of a column is exp of the mean over documents of their mean negative log-likelihoods, and policies are
// compared document by document.
import type { LocalModel } from '../../generation/index.ts';
import { type Result, ResumableRun } from '../../report/index.ts';
import { modelCard } from '../modelCard.ts';
import { isGivenList, requireExperiment } from '../requireExperiment.ts';
import {
  type PerplexityProtocol,
  type PerplexityRequest,
  planPerplexity,
  requireReached,
  summaryOnly,
} from './perplexityProtocol.ts';
import { type PerplexitySummary, summarisePerplexity } from './perplexitySummary.ts';
import type { PerplexityUnit } from './perplexityUnit.ts';
import { scoreUnits } from './scoreUnits.ts';

/** A run, whole. */
export type PerplexityReport = Result<PerplexityProtocol, PerplexityUnit, PerplexitySummary>;

/** Reads all documents under all policies. Throws BAD_OPTION, EMPTY_INPUT, UNSUPPORTED, ABORTED or WRITE_FAILED. */
export async function evaluatePerplexity(
  model: LocalModel,
  request: PerplexityRequest,
): Promise<PerplexityReport> {
  requireExperiment('evaluatePerplexity', model, request, { documents: isGivenList, policies: isGivenList });
  const plan = await planPerplexity(model, request);
  requireReached(plan);
  const { protocol } = plan;
  const run = await ResumableRun.open<PerplexityProtocol, PerplexityUnit>(
    { kind: 'perplexity', model: modelCard(model), protocol },
    request,
    summaryOnly,
  );
  await scoreUnits(model, plan, run, request);
  return run.finish((units) => summarisePerplexity(protocol, units));
}
