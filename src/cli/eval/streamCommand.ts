// `treekv eval stream`: documents joined to a stream of any length, read through caches that are never reset
// (Figure 4). The result shows itself whether memory and time per token stayed flat.
import { Command } from 'commander';
import { readTextFile } from '../../core/index.ts';
import type { CommandContext } from '../commandContext.ts';
import { given } from '../given.ts';
import { parseInteger, parseLength } from '../parseOption.ts';
import {
  addEvaluationOptions,
  addPolicyOptions,
  addTextOption,
  type EvaluationFlags,
  type PolicyFlags,
  sharedSplit,
} from './evalOptions.ts';
import { listTextFiles } from './readDocuments.ts';
import { runExperiment } from './runExperiment.ts';

interface Flags extends EvaluationFlags, PolicyFlags {
  readonly text: readonly string[];
  readonly tokens?: number;
  readonly chunk: number;
  readonly bucket?: number;
  readonly saveEvery?: number;
}

/** Those that can read without end. */
const boundedPolicies = ['treekv', 'streaming-llm', 'h2o', 'tova'];

/** The command `eval stream`. */
export function streamCommand(context: CommandContext): Command {
  const command = new Command('stream')
    .summary('one endless text under several caches: likelihood, time and memory against length')
    .description(
      'Joins texts to one stream and reads it through caches that are never reset. Prints how well the model ' +
        'predicts under each, with intervals for their differences, and whether time per token and memory stay ' +
        'flat. A run with --output may be killed at any moment: --resume goes on to the same result.',
    );
  addTextOption(command)
    .option(
      '--tokens <n>',
      'tokens to read (default: all that the texts have; none is repeated)',
      parseLength,
    )
    .option('--chunk <n>', 'tokens read at once when the caches are full', parseInteger, 1)
    .option(
      '--bucket <n>',
      'tokens whose likelihoods are summed up together (default: a hundredth of them, from 100 to 10000)',
      parseInteger,
    )
    .option(
      '--save-every <n>',
      'tokens between two saved states (default: as costs at most 1 % of the time)',
      parseLength,
    );
  addEvaluationOptions(addPolicyOptions(command, boundedPolicies)).addHelpText(
    'after',
    '\nExample:\n  treekv eval stream --text books/ --tokens 1m --chunk 16 --output results/stream --dtype fp32 -m FOLDER',
  );
  return command.action((flags: Flags) => run(flags, context.signal));
}

async function run(flags: Flags, signal: AbortSignal): Promise<void> {
  const { tokens, chunk, bucket, saveEvery } = flags;
  const { evaluateStream, planPolicies } = await import('../../evaluation/index.ts');
  const policies = await planPolicies(flags.policies, await sharedSplit(flags));
  const files = await listTextFiles(flags.text);
  const documents = files.map(({ name, file }) => ({ name, read: () => readTextFile(file) }));
  const request = { documents, policies, chunk, ...given({ bucket, tokens }) };
  await runExperiment(
    {
      progress: ['reading', 'tokens'],
      measure: (model, options) => evaluateStream(model, request, { ...options, ...given({ saveEvery }) }),
    },
    flags,
    signal,
  );
}
