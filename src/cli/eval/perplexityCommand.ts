// `treekv eval perplexity`: how well a model predicts texts under several caches, side by side (the paper's Tables 1
// and 2). Every table comes with its protocol, since numbers of different protocols do not compare.
import { Command, InvalidArgumentError } from 'commander';
import { TreekvError } from '../../core/index.ts';
import type { SlidingReading, StreamReading } from '../../evaluation/index.ts';
import type { CommandContext } from '../commandContext.ts';
import { given } from '../given.ts';
import { parseInteger, parseLength, parseLengths } from '../parseOption.ts';
import {
  addEvaluationOptions,
  addPolicyOptions,
  addTextOption,
  type EvaluationFlags,
  type PolicyFlags,
  sharedSplit,
} from './evalOptions.ts';
import { readDocuments } from './readDocuments.ts';
import { runExperiment } from './runExperiment.ts';

/** The flags that say how texts are read. */
export interface ReadingFlags {
  readonly protocol: 'stream' | 'sliding';
  readonly context?: readonly number[];
  /** False with `--no-reset`. */
  readonly reset: boolean;
  readonly window?: readonly number[];
  readonly stride?: number;
}

interface Flags extends EvaluationFlags, PolicyFlags, ReadingFlags {
  readonly text: readonly string[];
  readonly limit?: number;
  readonly chunk: number;
  readonly reference?: string;
  readonly seed?: number;
}

/** The command `eval perplexity`. */
export function perplexityCommand(context: CommandContext): Command {
  const command = new Command('perplexity')
    .summary('perplexity of texts under several caches')
    .description(
      'Reads texts under several caches and prints, per document and overall, how well the model predicts ' +
        'them: perplexity, lower is better. All caches get the same budget, sinks and recent entries. Protocol ' +
        'stream reads each text from its start; sliding reads windows, each from an empty cache, and scores ' +
        "the last tokens of each (the paper's Tables 1 and 2).",
    );
  addTextOption(command)
    .option('--protocol <name>', 'how texts are read: stream or sliding', parseProtocol, 'stream')
    .option(
      '--context <lengths>',
      'stream: tokens scored of each text; several in one run, such as 4096,8k (default: 4096)',
      parseLengths,
    )
    .option('--no-reset', 'stream: one cache reads all texts in order and is never emptied')
    .option(
      '--window <lengths>',
      'sliding: tokens of a window; several, such as 4k,8k (default: 4096)',
      parseLengths,
    )
    .option('--stride <n>', 'sliding: tokens scored of each later window (default: 2048)', parseLength)
    .option(
      '--limit <n>',
      'tokens of each text at most (default: stream the largest context, sliding all)',
      parseLength,
    )
    .option('--chunk <n>', 'tokens read at once when the cache is full', parseInteger, 1)
    .option('--reference <policy>', 'the policy with which the others are compared (default: the first)')
    .option('--seed <n>', 'of the bootstrap behind the intervals (default: 0)', parseInteger);
  addEvaluationOptions(addPolicyOptions(command)).addHelpText(
    'after',
    '\nExamples:\n' +
      '  treekv eval perplexity --text a.txt b.txt --policies full,treekv,h2o --context 4096,8192 --dtype fp32\n' +
      '  treekv eval perplexity --text books/ --protocol sliding --window 4k,8k --stride 2048 --output table1\n' +
      '\nTables that compare policies should be fp32, which needs the original model: -m FOLDER --dtype fp32.',
  );
  return command.action((flags: Flags) => run(flags, context.signal));
}

async function run(flags: Flags, signal: AbortSignal): Promise<void> {
  const { evaluatePerplexity, planPolicies } = await import('../../evaluation/index.ts');
  const { limit, chunk, reference, seed } = flags;
  const reading = readingOf(flags);
  const policies = await planPolicies(flags.policies, await sharedSplit(flags));
  const documents = await readDocuments(flags.text);
  const request = { documents, policies, reading, chunk, ...given({ limit, reference, seed }) };
  await runExperiment(
    {
      progress: ['reading', 'tokens'],
      measure: (model, options) => evaluatePerplexity(model, { ...request, ...options }),
    },
    flags,
    signal,
  );
}

/** The reading that the flags ask for. Throws BAD_OPTION for a flag of the other protocol. */
export function readingOf(flags: ReadingFlags): StreamReading | SlidingReading {
  const { protocol, context, reset, window, stride } = flags;
  const idle =
    protocol === 'stream'
      ? { '--window': window !== undefined, '--stride': stride !== undefined }
      : { '--context': context !== undefined, '--no-reset': !reset };
  for (const [option, isGiven] of Object.entries(idle)) {
    if (!isGiven) continue;
    const other = protocol === 'stream' ? 'sliding' : 'stream';
    const message = `${option} applies to --protocol ${other} only, not to ${protocol}; leave it out.`;
    throw new TreekvError('BAD_OPTION', message, { option, protocol });
  }
  return protocol === 'stream'
    ? { protocol, contexts: context ?? [4096], reset }
    : { protocol, windows: window ?? [4096], stride: stride ?? 2048 };
}

function parseProtocol(word: string): 'stream' | 'sliding' {
  if (word === 'stream' || word === 'sliding') return word;
  throw new InvalidArgumentError(
    "It must be 'stream' (each text token by token, from its start) or 'sliding' (windows).",
  );
}
