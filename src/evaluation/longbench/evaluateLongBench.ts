// LongBench under several caches (the paper's Table 3): every sample's prompt is made once, answered under every
// policy, and scored.
import { integerOption, TreekvError, wordOption } from '../../core/index.ts';
import type { LocalModel } from '../../generation/index.ts';
import { ResumableRun, type RunOptions } from '../../report/index.ts';
import { meanEntries } from '../meanEntries.ts';
import { modelCard } from '../modelCard.ts';
import { readUnder } from '../readUnder.ts';
import { isGivenList, requireExperiment } from '../requireExperiment.ts';
import { writeGreedily } from '../writeGreedily.ts';
import { decodeText } from './decodeText.ts';
import type { TaskData } from './longBenchData.ts';
import { type LongBenchProtocol, longBenchProtocol } from './longBenchProtocol.ts';
import { chatUses, type LongBenchRequest } from './longBenchRequest.ts';
import { type LongBenchResult, summariseLongBench } from './longBenchSummary.ts';
import { type LongBenchUnit, unitKey } from './longBenchUnit.ts';
import { encodePrompt, fillTemplate } from './prompt.ts';
import type { Sample } from './sampleFile.ts';
import { scorePrediction } from './scorePrediction.ts';
import { settle } from './setting.ts';

/** How a run of LongBench goes, and where its result does. */
export interface LongBenchRunOptions extends RunOptions {
  /** Ends the run with `ABORTED`; what was measured stays in its file. @default none */
  readonly signal?: AbortSignal | undefined;
  /** Answers written and to be written. */
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
}

/** Runs all samples. Throws BAD_OPTION, UNSUPPORTED, ABORTED, or what the result's file does. */
export async function evaluateLongBench(
  model: LocalModel,
  request: LongBenchRequest,
  options: LongBenchRunOptions = {},
): Promise<LongBenchResult> {
  requireExperiment('evaluateLongBench', model, request, { sessions: isGivenList }, options);
  const { maxLength = 32_768, chat = 'auto', compatRecursionLimit = true } = request;
  const { data, sessions } = request;
  const { signal, onProgress } = options;
  integerOption('LongBench', 'maxLength', maxLength, 2);
  wordOption('LongBench', 'chat', chat, chatUses);
  if (sessions.length === 0) throw new TreekvError('BAD_OPTION', 'There are no policies: name at least one.');
  const decided = { data, sessions, maxLength, chat, compatRecursionLimit };
  const setting = await settle(
    model,
    data.tasks.map(({ task }) => task),
    chat,
  );
  const protocol = await longBenchProtocol(model, decided, setting);
  const head = { kind: 'longbench', model: modelCard(model), protocol };
  const run = await ResumableRun.open<LongBenchProtocol, LongBenchUnit>(head, options);
  const total = sessions.length * data.tasks.reduce((sum, { samples }) => sum + samples.length, 0);
  for (const task of data.tasks) {
    const rules = { maxLength, chat: setting.wraps(task.task) ? setting.chat?.template : undefined };
    for (const sample of task.samples) {
      onProgress?.({ done: run.units.length, total });
      const missing = sessions.filter(({ name }) => !run.has(unitKey(task.task.name, sample.index, name)));
      if (missing.length === 0) continue;
      const prompt = encodePrompt(model.tokenizer, fillTemplate(task.template, sample), rules);
      const ends = { maxNewTokens: task.maxNewTokens, ...setting.endOf(task.task), signal };
      const judged = { classes: task.classes, compatRecursionLimit };
      const whole = { context: prompt.ids, question: new Int32Array(0) };
      await readUnder(model.engine, whole, { sessions: missing, query: 'aware', signal }, async (read) => {
        const { name } = read.session;
        const kept = meanEntries(read.cache);
        const ids = await writeGreedily(read, read.logits, ends);
        const prediction = decodeText(model.tokenizer, ids);
        await run.add({
          ...place(task, sample, name),
          prediction,
          score: scorePrediction(task.task, prediction, sample.answers, judged),
          ...{ promptTokens: prompt.ids.length, wholeTokens: prompt.wholeTokens },
          ...{ kept, generated: ids.length },
          peakCacheBytes: Math.max(read.peakBytes, read.batch.bytes),
        });
        onProgress?.({ done: run.units.length, total });
      });
    }
  }
  onProgress?.({ done: total, total });
  return run.finish((units) => summariseLongBench(protocol, units));
}

function place(
  { task }: TaskData,
  { index, id, length }: Sample,
  policy: string,
): Pick<LongBenchUnit, 'key' | 'task' | 'index' | 'id' | 'policy' | 'length'> {
  return { key: unitKey(task.name, index, policy), task: task.name, index, id, policy, length };
}
