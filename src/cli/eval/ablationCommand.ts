// `treekv eval ablation`: variants of TreeKV side by side, a group for each thing that is varied (the paper's Figure 5).
import { Command, Option } from 'commander';
import type { CommandContext } from '../commandContext.ts';
import { given } from '../given.ts';
import { parseInteger, parseLength, parseList } from '../parseOption.ts';
import {
  addEvaluationOptions,
  addPolicyOptions,
  addTextOption,
  type EvaluationFlags,
  type PolicyFlags,
} from './evalOptions.ts';
import { readDocuments } from './readDocuments.ts';
import { runExperiment } from './runExperiment.ts';

interface Flags extends EvaluationFlags, PolicyFlags {
  readonly text: readonly string[];
  readonly groups: readonly string[];
  readonly limit: number;
  readonly chunk: number;
  readonly seed?: number;
}

const groups = ['choice', 'rule', 'score', 'split', 'positions'];
const baselines = ['h2o', 'streaming-llm', 'tova'];

/** The command `eval ablation`. */
export function ablationCommand(context: CommandContext): Command {
  const command = addTextOption(
    new Command('ablation')
      .summary('variants of TreeKV: choice, walk, score, split, positions')
      .description(
        'Reads texts token by token under variants of TreeKV, a group for each thing that is varied, and under ' +
          'other policies beside them; prints how each predicts and how it differs from TreeKV as it is. The ' +
          "paper's Figure 5 is the group choice on one book.",
      ),
  )
    .addOption(
      new Option('--groups <list>', 'what to vary').argParser(parseList).default(groups, groups.join(',')),
    )
    .option('--limit <n>', 'tokens of each text at most', parseLength, 65_536)
    .option('--chunk <n>', 'tokens read at once when the cache is full', parseInteger, 1)
    .option('--seed <n>', 'of the bootstrap behind the intervals (default: 0)', parseInteger);
  addEvaluationOptions(addPolicyOptions(command, baselines)).addHelpText(
    'after',
    '\nExample:\n  treekv eval ablation --text book.txt --groups choice,score --dtype fp32 -m FOLDER --output figure5',
  );
  return command.action((flags: Flags) => run(flags, context.signal));
}

async function run(flags: Flags, signal: AbortSignal): Promise<void> {
  const { evaluateAblation, findGroups } = await import('../../evaluation/index.ts');
  const { limit, chunk, seed, policies: baselines, budget, sinks, recent } = flags;
  const groups = findGroups(flags.groups);
  const documents = await readDocuments(flags.text);
  const split = given({ budget, sinks, recent });
  const request = { documents, groups, baselines, split, limit, chunk, ...given({ seed }) };
  await runExperiment(
    {
      progress: ['reading', 'tokens'],
      measure: (model, options) => evaluateAblation(model, { ...request, ...options }),
    },
    flags,
    signal,
  );
}
