// `treekv eval prefill`: what is a prompt worth once it is compressed? Reads a long prompt under every policy and
// prefill method, in both modes, and scores what follows.
import { Command, InvalidArgumentError, Option } from 'commander';
import type { PrefillMode } from '../../prefill/index.ts';
import type { CommandContext } from '../commandContext.ts';
import { given } from '../given.ts';
import { parseInteger, parseLength, parseLengths, parseList } from '../parseOption.ts';
import { addEvaluationOptions, addTextOption, type EvaluationFlags, sharedSplit } from './evalOptions.ts';
import { readDocuments } from './readDocuments.ts';
import { runExperiment } from './runExperiment.ts';

interface Flags extends EvaluationFlags {
  readonly text: readonly string[];
  readonly policies: readonly string[];
  readonly budget: readonly number[];
  readonly sinks?: number;
  readonly recent?: number;
  readonly modes: readonly PrefillMode[];
  readonly blocks?: readonly number[];
  readonly prompt: number;
  readonly scored: number;
  readonly chunk?: number;
}

const defaults = ['full', 'treekv', 'streaming-llm', 'snapkv', 'pyramidkv', 'h2o', 'tova'];

/** The command `eval prefill`. */
export function prefillCommand(context: CommandContext): Command {
  const command = addTextOption(
    new Command('prefill')
      .summary('what a compressed prompt is still worth')
      .description(
        'Reads the beginning of each text as a prompt, brings it down to a budget, and scores the tokens that ' +
          'follow. Mode full: full attention, then compression at once, by treekv (on blocks), snapkv, pyramidkv, ' +
          'h2o, tova or streaming-llm. Mode chunked: the policy evicts while the prompt is read. Methods that are ' +
          'no policies hand over to h2o.',
      ),
  )
    .option('--prompt <n>', 'tokens of the prompt', parseLength, 15_000)
    .option('--scored <n>', 'tokens scored behind it', parseLength, 512)
    .option(
      '--chunk <n>',
      'mode chunked: tokens read at once when the cache is full (default: 64)',
      parseInteger,
    )
    .optionsGroup('Prefills to compare:')
    .addOption(
      new Option('--policies <list>', 'policies, prefill methods, modules')
        .argParser(parseList)
        .default(defaults, defaults.join(',')),
    )
    .addOption(
      new Option('--budget <list>', 'entries kept per KV head and layer')
        .argParser(parseLengths)
        .default([512, 2048], '512,2048'),
    )
    .option('--sinks <n>', 'first entries that always stay (default: 4)', parseInteger)
    .option('--recent <n>', 'last entries that always stay (default: budget / 2 - sinks)', parseInteger)
    .addOption(
      new Option('--modes <list>', 'full, chunked')
        .argParser(parseModes)
        .default(['full', 'chunked'], 'full,chunked'),
    )
    .option('--blocks <list>', 'treekv in mode full: block sizes to compare (default: 8)', parseLengths);
  addEvaluationOptions(command).addHelpText(
    'after',
    '\nExample:\n' +
      '  treekv eval prefill --text books/ --prompt 15000 --budget 512,2048 -m FOLDER --dtype fp32 --output prefill',
  );
  return command.action((flags: Flags) => run(flags, context.signal));
}

async function run(flags: Flags, signal: AbortSignal): Promise<void> {
  const { evaluatePrefill, planPrefillCases } = await import('../../evaluation/index.ts');
  const { policies, budget: budgets, modes, blocks, sinks, recent, prompt, scored, chunk } = flags;
  const cases = await planPrefillCases({
    ...{ policies, budgets, modes, split: await sharedSplit({ policies, ...given({ sinks, recent }) }) },
    ...(blocks !== undefined && { blocks }),
  });
  const documents = await readDocuments(flags.text);
  const request = { documents, cases, prompt, scored, ...given({ chunk }) };
  await runExperiment(
    {
      progress: ['reading', 'prefills'],
      measure: (model, options) => evaluatePrefill(model, { ...request, ...options }),
    },
    flags,
    signal,
  );
}

function parseModes(word: string): PrefillMode[] {
  return parseList(word).map((mode) => {
    if (mode === 'full' || mode === 'chunked') return mode;
    throw new InvalidArgumentError('It must be full, chunked, or both.');
  });
}
