// RULER's files under several caches: every sample is read, answered greedily, and scored by RULER's own rules. A unit is
// one sample under one policy; means are over samples, per task.
import { TreekvError } from '../../core/index.ts';
import type { LocalModel, QueryUse } from '../../generation/index.ts';
import { type MeanInterval, type Result, ResumableRun, type Unit } from '../../report/index.ts';
import { modelCard } from '../modelCard.ts';
import { readUnder } from '../readUnder.ts';
import { isGivenList, requireExperiment } from '../requireExperiment.ts';
import type { NamedSession } from '../sessionSpec.ts';
import { continuation } from './answerScores.ts';
import type { NeedleRunOptions } from './evaluateNeedle.ts';
import { type ReadingProtocol, readingProtocol } from './needleProtocol.ts';
import { chatFrame, framed, plainFrame, promptIds, promptLength } from './promptFrame.ts';
import type { RulerFile, RulerRules } from './rulerFile.ts';
import { cleanAnswer, rulerScore } from './rulerScore.ts';
import { differenceInterval, intervalsInWords, scoreInterval } from './scoreInterval.ts';

/** Files in the format of RULER, and the sessions that read them. */
export interface RulerRequest {
  /** What `readRulerFile` gave. */
  readonly files: readonly RulerFile[];
  /** The sessions to compare, with everything decided. */
  readonly sessions: readonly NamedSession[];
  /** Whether prompts go through the model's chat template. */
  readonly chat: boolean;
  /** As `planQuery` decides it. */
  readonly query: QueryUse | null;
}

/** One sample under one policy. */
export interface RulerUnit extends Unit {
  /** The cache or session, by the name that tables give it. */
  readonly policy: string;
  /** Name of the task. */
  readonly task: string;
  /** Place of the sample in its file, from 0. */
  readonly index: number;
  /** Tokens of the prompt. */
  readonly tokens: number;
  /** What the model wrote; empty where nothing was written. */
  readonly answer: string;
  /** 0 to 1. */
  readonly score: number;
}

export interface RulerProtocol extends ReadingProtocol {
  readonly files: readonly {
    readonly name: string;
    readonly task: string;
    readonly samples: number;
    readonly sha256: string;
    readonly rules: RulerRules;
  }[];
  readonly question: string;
  readonly scored: string;
  readonly intervals: string;
}

/** A policy's mean on a task. */
export interface RulerMean extends MeanInterval {
  readonly policy: string;
  readonly task: string;
}

/** Two policies on the same samples, all tasks together. */
export interface RulerPair {
  readonly first: string;
  readonly second: string;
  /** Score of the first less that of the second. */
  readonly difference: MeanInterval;
}

export interface RulerSummary {
  readonly means: readonly RulerMean[];
  readonly pairs: readonly RulerPair[];
}

/** A result of RULER's files. */
export type RulerResult = Result<RulerProtocol, RulerUnit, RulerSummary>;

/** Runs the files. Throws BAD_OPTION, UNSUPPORTED, ABORTED, and what `ResumableRun` throws. */
export async function evaluateRuler(
  model: LocalModel,
  request: RulerRequest,
  options: NeedleRunOptions = {},
): Promise<RulerResult> {
  requireExperiment('evaluateRuler', model, request, { files: isGivenList, sessions: isGivenList }, options);
  const { files, sessions, chat, query } = request;
  const { signal, onProgress, ...where } = options;
  const tasks = files.map(({ task }) => task);
  const twice = tasks.find((task, i) => tasks.indexOf(task) !== i);
  if (twice !== undefined) {
    const message = `Two files are of the task '${twice}'; run them one by one, each with its own output.`;
    throw new TreekvError('BAD_OPTION', message, { task: twice });
  }
  const frame = chat ? await chatFrame(model) : plainFrame;
  const protocol: RulerProtocol = {
    ...(await readingProtocol(model, frame, sessions, query)),
    files: files.map(({ samples, ...file }) => ({ ...file, samples: samples.length })),
    question: 'what stands behind the last line break of the input',
    scored: "greedy; RULER's string_match_all, for qa string_match_part; means over samples",
    intervals: intervalsInWords('samples'),
  };
  const head = { kind: 'ruler', model: modelCard(model), protocol };
  const run = await ResumableRun.open<RulerProtocol, RulerUnit>(head, where);
  const total = files.reduce((sum, { samples }) => sum + samples.length, 0) * sessions.length;
  for (const { task, rules, samples } of files) {
    for (const sample of samples) {
      const keyOf = (policy: string): string => [policy, task, sample.index].join(' ');
      const missing = sessions.filter(({ name }) => !run.has(keyOf(name)));
      if (missing.length === 0) continue;
      const ids = promptIds(model.tokenizer, framed(frame, sample));
      const reading = { sessions: missing, query: query ?? 'aware', signal } as const;
      await readUnder(model.engine, ids, reading, async (read) => {
        const { name: policy } = read.session;
        const answer = cleanAnswer(await continuation(model, read, rules.maxNewTokens, signal));
        await run.add({
          ...{ key: keyOf(policy), policy, task, index: sample.index, tokens: promptLength(ids) },
          ...{ answer, score: rulerScore(answer, sample.references, rules.metric) },
        });
        onProgress?.({ done: run.units.length, total });
      });
    }
  }
  return run.finish((units) => summarise(units, tasks, sessions));
}

function summarise(
  units: readonly RulerUnit[],
  tasks: readonly string[],
  sessions: readonly NamedSession[],
): RulerSummary {
  const names = sessions.map(({ name }) => name);
  // A run adds its units sample by sample, resumed or not: the scores of two policies lie side by side.
  const scores = (policy: string, task?: string): number[] =>
    units
      .filter((unit) => unit.policy === policy && (task === undefined || unit.task === task))
      .map(({ score }) => score);
  return {
    means: names.flatMap((policy) =>
      tasks.map((task) => ({ policy, task, ...scoreInterval(scores(policy, task)) })),
    ),
    pairs: names.flatMap((first, i) =>
      names.slice(i + 1).map((second) => ({
        ...{ first, second, difference: differenceInterval(scores(first), scores(second)) },
      })),
    ),
  };
}
