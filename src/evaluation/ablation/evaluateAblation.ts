// The ablation (the paper's Figure 5): variants of TreeKV, a group for each thing that is varied, and baselines beside
// them, read token by token as protocol `stream` reads. Variants that several groups share are read once. All of it
// is the perplexity's machinery; what is its own is which caches there are, and that differences are also taken
// bucket by bucket, since the paper's ablation is on one book.
import type { LocalModel } from '../../generation/index.ts';
import { type Result, ResumableRun, type RunOptions } from '../../report/index.ts';
import type { Document } from '../document.ts';
import { modelCard } from '../modelCard.ts';
import {
  type PerplexityProtocol,
  type PerplexityRequest,
  type PerplexityUnit,
  planPerplexity,
  scoreUnits,
  summaryOnly,
} from '../perplexity/index.ts';
import { planPolicies, type SharedSplit } from '../policySpec.ts';
import { isGivenList, requireExperiment } from '../requireExperiment.ts';
import {
  type AblationGroup,
  ablationBaselines,
  ablationGroupNames,
  ablationGroups,
  ablationReference,
} from './ablationGroups.ts';
import { type AblationSummary, summariseAblation } from './ablationSummary.ts';

/** An ablation: TreeKV with one choice changed at a time. */
export interface AblationRequest
  extends RunOptions,
    Pick<PerplexityRequest, 'chunk' | 'seed' | 'signal' | 'onProgress'> {
  /** The texts to read. */
  readonly documents: readonly Document[];
  /** The choices of TreeKV that are varied. @default all */
  readonly groups?: readonly AblationGroup[];
  /** Policies beside TreeKV and its variants, as `planPolicies` takes them. @default h2o, streaming-llm, tova */
  readonly baselines?: readonly string[];
  /** Budget, sinks and recent entries of all variants. @default the paper's, 1024 = 4 + 508 + 512 */
  readonly split?: SharedSplit;
  /** Tokens of each document at most. @default 65,536, the paper's first book */
  readonly limit?: number;
}

/** What the numbers were measured under. */
export interface AblationProtocol extends PerplexityProtocol {
  /** The groups that were run, and whose variants they are. */
  readonly groups: readonly { readonly name: AblationGroup; readonly policies: readonly string[] }[];
  /** Policies beside TreeKV and its variants. */
  readonly baselines: readonly string[];
}

/** A run, whole. */
export type AblationReport = Result<AblationProtocol, PerplexityUnit, AblationSummary>;

/** Reads all documents under all variants. Throws as `evaluatePerplexity` does. */
export async function evaluateAblation(model: LocalModel, request: AblationRequest): Promise<AblationReport> {
  requireExperiment('evaluateAblation', model, request, { documents: isGivenList });
  const { groups = ablationGroupNames, baselines = ablationBaselines, split = {}, limit = 65_536 } = request;
  const own = groups.flatMap((group) => ablationGroups[group].policies);
  const specs = [...new Set([ablationReference, ...own, ...baselines])];
  const { documents, chunk, seed, signal, onProgress } = request;
  const plan = await planPerplexity(model, {
    documents,
    policies: await planPolicies(specs, await decidedSplit(split)),
    reading: { protocol: 'stream', contexts: [limit] },
    reference: ablationReference,
    ...(chunk !== undefined && { chunk }),
    ...(seed !== undefined && { seed }),
  });
  const protocol: AblationProtocol = {
    ...plan.protocol,
    groups: groups.map((name) => ({ name, policies: ablationGroups[name].policies })),
    baselines,
  };
  const run = await ResumableRun.open<AblationProtocol, PerplexityUnit>(
    { kind: 'ablation', model: modelCard(model), protocol },
    request,
    summaryOnly,
  );
  await scoreUnits(model, plan, run, {
    ...(signal !== undefined && { signal }),
    ...(onProgress !== undefined && { onProgress }),
  });
  return run.finish((units) => summariseAblation(protocol, units));
}

/** The split of TreeKV as it is, so that a variant without sinks does not have more recent entries instead. */
async function decidedSplit(split: SharedSplit): Promise<SharedSplit> {
  const [{ plan }] = await planPolicies([ablationReference], split);
  return { budget: plan.budget ?? undefined, sinks: plan.sinks, recent: plan.recent };
}
