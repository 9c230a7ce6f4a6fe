// `treekv eval longbench`: LongBench's tasks under several caches, from LongBench's own files; the paper's Table 3.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import type { ChatUse, NamedSession } from '../../evaluation/index.ts';
import type { PrefillMode } from '../../prefill/index.ts';
import type { CommandContext } from '../commandContext.ts';
import { given } from '../given.ts';
import { isGiven } from '../isGiven.ts';
import { parseInteger, parseLength, parseList } from '../parseOption.ts';
import { note } from '../terminal.ts';
import {
  addEvaluationOptions,
  addPolicyOptions,
  type EvaluationFlags,
  libraryDefaults,
  type PolicyFlags,
  type PromptReadingFlags,
  requireChunkRead,
  sharedSplit,
} from './evalOptions.ts';
import { runExperiment } from './runExperiment.ts';

interface Flags extends EvaluationFlags, Omit<PolicyFlags, 'budget'>, PromptReadingFlags {
  readonly budget?: readonly number[];
  readonly data: string;
  readonly tasks?: readonly string[];
  readonly extended?: true;
  readonly limit?: number;
  readonly anyTemplates?: true;
  readonly maxLength: number;
  readonly chat: ChatUse;
  /** Of `--no-recursion-limit`. */
  readonly recursionLimit: boolean;
  readonly predictions?: string;
}

/** The caches to compare unless told otherwise. SnapKV compresses a prompt at once and is no policy that evicts. */
const defaultPolicies: Readonly<Record<PrefillMode, readonly string[]>> = {
  full: ['full', 'h2o', 'snapkv', 'treekv'],
  chunked: ['full', 'h2o', 'treekv'],
};

const defaultWords = {
  ...libraryDefaults,
  policies: `${defaultPolicies.full}; with --prefill chunked ${defaultPolicies.chunked}`,
};

/** The command `eval longbench`. */
export function longbenchCommand(context: CommandContext): Command {
  const command = new Command('longbench')
    .summary('LongBench: questions, summaries and code over long texts')
    .description(
      "Answers LongBench's 16 English tasks under every cache and scores the answers as LongBench does. The data " +
        'is not part of treekv: the folder holds <task>.jsonl, or a part as <task>.20.jsonl, for every task, and ' +
        'dataset2prompt.json and dataset2maxlen.json, here or in config/. A policy that is a module of your own ' +
        'goes with --prefill chunked.',
    )
    .requiredOption('--data <folder>', "LongBench's files")
    .option('--tasks <list>', 'names of tasks, such as narrativeqa,lcc (default: all)', parseList)
    .option('--extended', 'LongBench-E: files <task>_e.jsonl, scores by length too')
    .option('--limit <n>', 'first samples of each task (default: all)', parseInteger)
    .option('--any-templates', "take a dataset2prompt.json or dataset2maxlen.json that is not LongBench's")
    .optionsGroup('How prompts are read and scored:')
    .addOption(
      new Option('--max-length <n>', 'tokens above which a prompt loses its middle')
        .argParser(parseLength)
        .default(32_768, '32k'),
    )
    .addOption(
      new Option('--chat <use>', "auto: the model's chat template for the tasks that LongBench wraps")
        .choices(['auto', 'always', 'never'])
        .default('auto'),
    )
    .addOption(
      new Option('--prefill <mode>', 'full: compressed at once; chunked: the policy evicts while it is read')
        .choices(['full', 'chunked'])
        .default('full'),
    )
    .option('--chunk <n>', 'with --prefill chunked: tokens read at once (default: 64)', parseInteger)
    .option(
      '--no-recursion-limit',
      "score also the summaries on which LongBench's scorer overflows its stack",
    )
    .option('--predictions <folder>', "also write the answers as LongBench's eval.py reads them");
  addEvaluationOptions(addPolicyOptions(command, defaultPolicies.full, defaultWords, true)).addHelpText(
    'after',
    '\nExample:\n' +
      '  treekv eval longbench --data LongBench/data -m FOLDER --budget 2048,8192 --output longbench --resume',
  );
  return command.action((flags: Flags) => {
    const policies = isGiven(command, 'policies') ? flags.policies : defaultPolicies[flags.prefill];
    return run({ ...flags, policies }, context.signal);
  });
}

async function run(flags: Flags, signal: AbortSignal): Promise<void> {
  const { evaluateLongBench, readLongBench, writePredictions } = await import('../../evaluation/index.ts');
  const { tasks, extended, limit, anyTemplates, maxLength, chat, predictions } = flags;
  const { recursionLimit: compatRecursionLimit } = flags;
  const sessions = await namedSessions(flags);
  const data = await readLongBench(flags.data, given({ tasks, extended, limit, anyTemplates }));
  const request = { data, sessions, maxLength, chat, compatRecursionLimit };
  await runExperiment(
    {
      progress: ['answering', 'answers'],
      async claim(claim) {
        if (predictions !== undefined) await claim.require(await filesIn(predictions));
      },
      measure: (model, options) => evaluateLongBench(model, request, options),
      async write({ units }) {
        if (predictions === undefined) return;
        const files = await writePredictions(predictions, data, units);
        note(`wrote ${files.length} files of predictions in ${predictions}\n`);
      },
    },
    flags,
    signal,
  );
}

/** What is in a folder that may not exist. */
async function filesIn(folder: string): Promise<string[]> {
  return (await readdir(folder).catch(() => [])).map((name) => join(folder, name));
}

async function namedSessions(flags: Flags): Promise<NamedSession[]> {
  const { planSessions, planSessionsAt } = await import('../../evaluation/index.ts');
  const { policies, budget: budgets, sinks, recent, prefill: mode, chunk } = flags;
  requireChunkRead(flags);
  const split = await sharedSplit({ policies, ...given({ budget: budgets?.[0], sinks, recent }) });
  const options = { mode, ...given({ chunk }) };
  if (budgets === undefined) return planSessions(policies, split, options);
  return planSessionsAt(budgets, policies, split, options);
}
