// Options that several experiments have, under the same names: which texts, which caches, where results go.
import { type Command, Option } from 'commander';
import { TreekvError } from '../../core/index.ts';
import type { SharedSplit } from '../../evaluation/index.ts';
import type { PrefillMode } from '../../prefill/index.ts';
import { given } from '../given.ts';
import { parseInteger, parseLength, parseLengths, parseList } from '../parseOption.ts';
import { addModelOptions, addOutputOptions, type ModelFlags, type OutputFlags } from '../sharedOptions.ts';

/** Where results go. */
export interface ResultFlags extends OutputFlags {
  readonly output?: string;
  readonly resume?: true;
  readonly force?: true;
}

/** The caches to compare. */
export interface PolicyFlags {
  readonly policies: readonly string[];
  readonly budget?: number;
  readonly sinks?: number;
  readonly recent?: number;
}

/** The flags of every experiment. */
export interface EvaluationFlags extends ModelFlags, ResultFlags {}

/** The caches that experiments compare unless told otherwise. */
export const defaultPolicies: readonly string[] = ['full', 'treekv', 'streaming-llm', 'h2o', 'tova'];

/** Adds `--text`. */
export function addTextOption(command: Command): Command {
  return command.requiredOption(
    '--text <path...>',
    'UTF-8 text files to read, or folders: all .txt files in them',
  );
}

/** What holds where nothing is said, in words. */
export interface DefaultWords {
  /** Of the policies. @default their names */
  readonly policies?: string;
  readonly budget: string;
  readonly sinks: string;
  readonly recent: string;
}

/** Those of the library. */
export const libraryDefaults: DefaultWords = { budget: '1024', sinks: '4', recent: 'budget / 2 - sinks' };

/**
 * Adds `--policies` and the split that all of them share.
 * @param words of other defaults than the library's. @param several whether `--budget` takes a list.
 */
export function addPolicyOptions(
  command: Command,
  policies: readonly string[] = defaultPolicies,
  words: DefaultWords = libraryDefaults,
  several = false,
): Command {
  return command
    .optionsGroup('Caches to compare:')
    .addOption(
      new Option(
        '--policies <list>',
        'full, treekv, streaming-llm, h2o, tova, random, or a module; with options behind colons, as in ' +
          'h2o:official or treekv:printed:keep-left',
      )
        .argParser(parseList)
        .default(policies, words.policies ?? policies.join(',')),
    )
    .addOption(
      new Option(
        several ? '--budget <list>' : '--budget <n>',
        `entries kept per KV head and layer (default: ${words.budget})`,
      ).argParser<unknown>(several ? parseLengths : parseLength),
    )
    .option('--sinks <n>', `first entries that always stay (default: ${words.sinks})`, parseInteger)
    .option('--recent <n>', `last entries that always stay (default: ${words.recent})`, parseInteger);
}

/** The split that the flags ask for; what was not given is left to the library. Throws BAD_OPTION if it goes to no policy. */
export async function sharedSplit({ policies, budget, sinks, recent }: PolicyFlags): Promise<SharedSplit> {
  const { requireSplitUsed } = await import('../../evaluation/index.ts');
  const split = given({ budget, sinks, recent });
  requireSplitUsed(policies, split);
  return split;
}

/** How prompts that are answered are read. */
export interface PromptReadingFlags {
  readonly prefill: PrefillMode;
  readonly chunk?: number;
}

/**
 * Throws BAD_OPTION for a `--chunk` where nothing is read in chunks.
 * @param behind whether something is read behind a prompt that was compressed at once.
 */
export function requireChunkRead({ prefill, chunk }: PromptReadingFlags, behind = false): void {
  if (chunk === undefined || prefill === 'chunked' || behind) return;
  const message = '--chunk has no effect with --prefill full; leave one of them out.';
  throw new TreekvError('BAD_OPTION', message, { chunk });
}

/** Adds `--force`. */
export function addForceOption(command: Command): Command {
  return command.option('--force', 'replace files that are there and are not of this run');
}

/** Adds the options of the model and of the result, the last ones of every experiment. */
export function addEvaluationOptions(command: Command): Command {
  addModelOptions(command.optionsGroup('Model:'))
    .optionsGroup('Result:')
    .option(
      '--output <name>',
      'also write the result: name.json, name.md, and its plots as name*.svg and name*.png',
    )
    .option('--resume', 'go on with a run that was cut off: what is in name.json is not computed again');
  addForceOption(command);
  return addOutputOptions(command);
}
