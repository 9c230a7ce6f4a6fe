// Finding a needle: prompts of exact length with an answer hidden at a depth, read under several caches and asked for
// it (passkey and key-value retrieval; Mohtashami and Jaggi 2023, Liu et al. 2023). Every policy gets the same
// prompts, so that policies compare prompt by prompt. A unit is one prompt under one policy.
import type { LocalModel } from '../../generation/index.ts';
import { type Result, ResumableRun, type RunOptions } from '../../report/index.ts';
import { modelCard } from '../modelCard.ts';
import { type ReadSession, readUnder } from '../readUnder.ts';
import { isGivenList, requireExperiment } from '../requireExperiment.ts';
import {
  continuation,
  type GenerationScore,
  type LikelihoodScore,
  scoreText,
  scoreTokens,
} from './answerScores.ts';
import type { NeedlePrompt } from './needlePrompt.ts';
import { type NeedleProtocol, needleProtocol } from './needleProtocol.ts';
import type { NeedleRequest } from './needleRequest.ts';
import { type NeedleSummary, summariseNeedle } from './needleSummary.ts';
import type { NeedleUnit } from './needleUnit.ts';
import { promptBuilder } from './promptBuilder.ts';
import { answerIds, chatFrame, plainFrame, promptIds, promptLength } from './promptFrame.ts';

/** A grid's result. */
export type NeedleResult = Result<NeedleProtocol, NeedleUnit, NeedleSummary>;

/** How an experiment runs. */
export interface NeedleRunOptions extends RunOptions {
  /** Ends the run with `ABORTED`; what was measured stays in its file. @default none */
  readonly signal?: AbortSignal;
  /** Tokens of prompts read, and to be read, all policies together. */
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
}

/** Runs a grid. Throws BAD_OPTION, UNSUPPORTED, ABORTED, and what `ResumableRun` throws. */
export async function evaluateNeedle(
  model: LocalModel,
  request: NeedleRequest,
  options: NeedleRunOptions = {},
): Promise<NeedleResult> {
  requireExperiment(
    'evaluateNeedle',
    model,
    request,
    { lengths: isGivenList, sessions: isGivenList },
    options,
  );
  const { signal, onProgress, ...where } = options;
  const { lengths, depths, samples, sessions, query } = request;
  const frame = request.chat ? await chatFrame(model) : plainFrame;
  const head = {
    kind: 'needle',
    model: modelCard(model),
    protocol: await needleProtocol(model, frame, request),
  };
  const run = await ResumableRun.open<NeedleProtocol, NeedleUnit>(head, where);
  const build = promptBuilder(model, frame, request);
  // A length that cannot be met shows before hours of work.
  for (const length of lengths) build({ length, depth: depths[0] }, 0);
  const perSample = lengths.reduce((sum, length) => sum + length, 0) * depths.length * sessions.length;
  const total = perSample * samples;
  let done = run.units.reduce((sum, { length }) => sum + length, 0);
  for (const length of lengths) {
    for (const depth of depths) {
      for (let sample = 0; sample < samples; sample++) {
        const keyOf = (policy: string): string => [policy, length, depth, sample].join(' ');
        const missing = sessions.filter(({ name }) => !run.has(keyOf(name)));
        if (missing.length === 0) continue;
        const prompt = build({ length, depth }, sample);
        const ids = promptIds(model.tokenizer, prompt);
        const needleAt = tokensBefore(model, prompt);
        await readUnder(
          model.engine,
          ids,
          { sessions: missing, query: query ?? 'aware', signal },
          async (read) => {
            const score = await scorePrompt(model, request, prompt, read, signal);
            const { name: policy } = read.session;
            await run.add({
              ...{ key: keyOf(policy), policy, length, depth, sample },
              ...{ tokens: promptLength(ids), needleAt, depthReached: prompt.depth },
              ...{ answer: prompt.answer, score },
            });
            done += length;
            onProgress?.({ done, total });
          },
        );
      }
    }
  }
  return run.finish((units) => summariseNeedle(units, request));
}

async function scorePrompt(
  model: LocalModel,
  { maxNewTokens }: NeedleRequest,
  { question, answer }: NeedlePrompt,
  read: ReadSession,
  signal: AbortSignal | undefined,
): Promise<GenerationScore | LikelihoodScore> {
  if (maxNewTokens === null) {
    return scoreTokens(read, read.logits, answerIds(model.tokenizer, question, answer));
  }
  return scoreText(await continuation(model, read, maxNewTokens, signal), answer);
}

/** Tokens that stand before the needle. */
function tokensBefore({ tokenizer }: LocalModel, { context, at, rendered }: NeedlePrompt): number {
  const ids = tokenizer.encode(context.slice(0, at).trimEnd());
  return rendered ? ids.length : tokenizer.withBos(ids).length;
}
