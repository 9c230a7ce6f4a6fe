// How text is written: the options of every command that generates, under the library's names with dashes.
import type { Command } from 'commander';
import { TreekvError } from '../core/index.ts';
import type { GenerateOptions } from '../generation/index.ts';
import { given } from './given.ts';
import { collect, parseInteger, parseIntegers, parseNumber } from './parseOption.ts';

/** The flags of `addWritingOptions`. */
export interface WritingFlags {
  readonly maxNewTokens?: number;
  readonly doSample?: true;
  readonly temperature?: number;
  readonly topK?: number;
  readonly topP?: number;
  readonly minP?: number;
  readonly repetitionPenalty?: number;
  readonly seed?: number;
  readonly stop?: readonly string[];
  readonly eosTokenId?: readonly number[];
}

/** Adds the options under a heading of their own. */
export function addWritingOptions(command: Command): Command {
  return command
    .optionsGroup('How to write:')
    .option('--max-new-tokens <n>', 'tokens to write at most (default: 256)', parseInteger)
    .option('--do-sample', 'draw each token at random instead of taking the likeliest')
    .option('--temperature <x>', 'above 1 wilder, below 1 tamer (default: 1)', parseNumber)
    .option('--top-k <n>', 'draw among the n likeliest tokens; 0 for all (default: 50)', parseInteger)
    .option('--top-p <x>', 'draw among the likeliest that together reach x (default: 1)', parseNumber)
    .option('--min-p <x>', 'drop tokens less likely than x times the likeliest (default: 0)', parseNumber)
    .option('--repetition-penalty <x>', 'above 1 avoids tokens that the text has (default: 1)', parseNumber)
    .option('--seed <n>', 'draw the same text again', parseInteger)
    .option('--stop <text>', 'stop before this text or special token; may be given several times', collect)
    .option('--eos-token-id <ids>', "tokens that end the text (default: the model's own)", parseIntegers);
}

const samplingFlags = ['temperature', 'topK', 'topP', 'minP', 'seed'] as const;

/** The flags under the library's names. Throws BAD_OPTION for one that has no effect. */
export function writingOptions(flags: WritingFlags): GenerateOptions {
  const idle = samplingFlags.find((flag) => flags[flag] !== undefined && !flags.doSample);
  if (idle !== undefined) {
    const option = `--${idle.replace(/[A-Z]/, (letter) => `-${letter.toLowerCase()}`)}`;
    const message = `${option} applies to sampling only; add --do-sample, or leave it out.`;
    throw new TreekvError('BAD_OPTION', message, { option });
  }
  return given({
    max_new_tokens: flags.maxNewTokens,
    do_sample: flags.doSample,
    temperature: flags.temperature,
    top_k: flags.topK,
    top_p: flags.topP,
    min_p: flags.minP,
    repetition_penalty: flags.repetitionPenalty,
    seed: flags.seed,
    stop: flags.stop,
    eos_token_id: flags.eosTokenId,
  });
}
