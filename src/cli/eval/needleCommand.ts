// `treekv eval needle`: does a model find what was hidden in a long prompt, under several caches? A grid of lengths and
// depths with prompts of our own, or RULER's files.
import { basename, join } from 'node:path';
import { Command, Option } from 'commander';
import { packageRoot, readTextFile, TreekvError } from '../../core/index.ts';
import type { Document, NamedSession, NeedleOptions, NeedleRunOptions } from '../../evaluation/index.ts';
import type { LocalModel } from '../../generation/index.ts';
import type { Result, Unit } from '../../report/index.ts';
import type { CommandContext } from '../commandContext.ts';
import { given } from '../given.ts';
import { parseInteger, parseLength, parseLengths, parseList, parseNumber } from '../parseOption.ts';
import {
  addEvaluationOptions,
  addPolicyOptions,
  type EvaluationFlags,
  type PolicyFlags,
  type PromptReadingFlags,
  requireChunkRead,
  sharedSplit,
} from './evalOptions.ts';
import { runExperiment } from './runExperiment.ts';

interface GridFlags {
  readonly task?: NeedleOptions['task'];
  readonly needle?: NeedleOptions['needle'];
  readonly ask?: NeedleOptions['ask'];
  readonly score?: NeedleOptions['score'];
  readonly lengths?: readonly number[];
  readonly depths?: readonly number[];
  readonly seed?: number;
  readonly filler?: string;
  readonly maxNewTokens?: number;
}

interface Flags extends GridFlags, EvaluationFlags, PolicyFlags, PromptReadingFlags {
  readonly samples?: number;
  readonly ruler?: readonly string[];
  readonly rulerTask?: string;
  readonly query?: NonNullable<NeedleOptions['query']>;
  readonly chat?: 'auto';
}

/** The options of the grid as they are typed; with RULER's files they would have no effect. */
const gridOptions: Readonly<Record<keyof GridFlags, string>> = {
  task: '--task',
  needle: '--needle',
  ask: '--ask',
  score: '--score',
  lengths: '--lengths',
  depths: '--depths',
  seed: '--seed',
  filler: '--filler',
  maxNewTokens: '--max-new-tokens',
};

/** The command `eval needle`. */
export function needleCommand(context: CommandContext): Command {
  const command = new Command('needle')
    .summary('finding what is hidden in a long prompt')
    .description(
      'Hides an answer at several depths of prompts of several lengths, reads each under every cache, and asks for ' +
        'it: how often it is found, with Wilson intervals. A model that only continues texts is asked by repeating ' +
        'the passage (--ask repeat) and scored by likelihood (--score likelihood). With --ruler, runs RULER files ' +
        'instead.',
    )
    .optionsGroup('Prompts:')
    .option('--task <name>', 'passkey, or key-value: a list with one line asked for (default: passkey)')
    .option('--needle <kind>', 'the answer: number (five digits), or name (default: number)')
    .option(
      '--ask <how>',
      'question, or repeat: the passage again, cut before the answer (default: question; repeat with --score likelihood)',
    )
    .option('--lengths <list>', 'tokens of a prompt, exactly (default: 1k,2k,4k,8k)', parseLengths)
    .option('--depths <list>', 'shares of the text before it (default: 0,0.25,0.5,0.75,1)', parseDepths)
    .option(
      '--samples <n>',
      'prompts a cell (default: 10); with --ruler: lines of a file (default: all)',
      parseInteger,
    )
    .option('--seed <n>', 'other prompts (default: 0)', parseInteger)
    .option(
      '--filler <file>',
      'UTF-8 text to hide it in; neutral: sentences that say nothing (default: a sample)',
    )
    .option('--ruler <file...>', "RULER's jsonl files instead, such as niah_multikey_3.4096.20.jsonl")
    .option('--ruler-task <name>', 'their task, where the name of the file does not begin with it')
    .optionsGroup('How they are read and scored:')
    .addOption(
      new Option('--prefill <mode>', 'chunked: the policy evicts while it is read; full: compressed at once')
        .choices(['chunked', 'full'])
        .default('chunked'),
    )
    .option(
      '--query <use>',
      'with --prefill full: aware (the question helps to choose) or agnostic (default: aware)',
    )
    .option('--chunk <n>', 'tokens read at once when the cache is full (default: 64)', parseInteger)
    .option('--score <kind>', "generation, or likelihood of the answer's own tokens (default: generation)")
    .option('--max-new-tokens <n>', 'tokens written (default: 32)', parseLength)
    .addOption(new Option('--chat <template>', "auto: through the model's chat template").choices(['auto']));
  addEvaluationOptions(addPolicyOptions(command)).addHelpText(
    'after',
    '\nExamples:\n' +
      '  treekv eval needle -m FOLDER --lengths 1k,2k,4k --budget 512 --needle name --ask repeat --score likelihood\n' +
      '  treekv eval needle -m chat.gguf --chat auto --ruler niah_single_1.jsonl --prefill full --policies full,snapkv',
  );
  return command.action((flags: Flags) => run(flags, context.signal));
}

/** A run with everything decided but the model. */
interface Job {
  /** What its progress counts. */
  readonly unit: string;
  run(model: LocalModel, options: NeedleRunOptions): Promise<Result<unknown, Unit, unknown>>;
}

async function run(flags: Flags, signal: AbortSignal): Promise<void> {
  const job = await (flags.ruler === undefined ? gridJob(flags) : rulerJob(flags, flags.ruler));
  await runExperiment({ progress: ['reading', job.unit], measure: job.run }, flags, signal);
}

async function gridJob(flags: Flags): Promise<Job> {
  const { evaluateNeedle, planNeedle } = await import('../../evaluation/index.ts');
  if (flags.rulerTask !== undefined) {
    throw new TreekvError('BAD_OPTION', '--ruler-task has no effect without --ruler; name the file.');
  }
  const { task, needle, ask, score, lengths, depths, samples, seed, maxNewTokens, query } = flags;
  const asked = { task, needle, ask, score, lengths, depths, samples, seed, maxNewTokens, query };
  const filler = await readFiller(flags);
  const chat = flags.chat !== undefined;
  const request = planNeedle({ ...given({ ...asked, filler }), chat }, await namedSessions(flags));
  return {
    unit: 'tokens',
    run: (model, options) => evaluateNeedle(model, request, options),
  };
}

async function rulerJob(flags: Flags, paths: readonly string[]): Promise<Job> {
  const { evaluateRuler, planQuery, readRulerFile } = await import('../../evaluation/index.ts');
  for (const [name, option] of Object.entries(gridOptions)) {
    if (flags[name as keyof GridFlags] === undefined) continue;
    const message = `${option} has no effect with --ruler, whose files say what is asked; leave one of them out.`;
    throw new TreekvError('BAD_OPTION', message, { option });
  }
  const sessions = await namedSessions(flags);
  const query = planQuery(flags.query, sessions);
  const reading = given({ task: flags.rulerTask, limit: flags.samples });
  const files = await Promise.all(paths.map((path) => readRulerFile(path, reading)));
  const chat = flags.chat !== undefined;
  return {
    unit: 'samples',
    run: (model, options) => evaluateRuler(model, { files, sessions, query, chat }, options),
  };
}

async function namedSessions(flags: Flags): Promise<NamedSession[]> {
  const { planSessions } = await import('../../evaluation/index.ts');
  const { prefill: mode, chunk, query } = flags;
  // A question that takes no part in the compression is read behind it, in chunks.
  requireChunkRead(flags, query === 'agnostic');
  return planSessions(flags.policies, await sharedSplit(flags), { mode, ...given({ chunk }) });
}

/** The text to hide a pass key in; undefined for the neutral one, and for a task that has none. */
async function readFiller({ filler, task }: Flags): Promise<Document | undefined> {
  if (task === 'key-value') {
    if (filler === undefined) return undefined;
    throw new TreekvError(
      'BAD_OPTION',
      '--filler has no effect with --task key-value, whose prompt is the list.',
    );
  }
  if (filler === 'neutral') return undefined;
  const file = filler ?? join(packageRoot(), 'assets', 'sample.txt');
  return { name: basename(file), text: await readTextFile(file) };
}

/** `0,0.25,1`. */
function parseDepths(word: string): number[] {
  return parseList(word).map(parseNumber);
}
