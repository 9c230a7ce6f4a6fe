// Options that several commands have, under the same names everywhere.
import type { Command } from 'commander';
import type { Dtype } from '../model/index.ts';
import { parseInteger } from './parseOption.ts';

/** Which version of a model on a hub, and whether the network may be used. */
export interface HubFlags {
  readonly revision?: string;
  readonly localFilesOnly?: true;
}

/** Which model, and how it runs. */
export interface ModelFlags extends HubFlags {
  readonly model?: string;
  readonly dtype?: Dtype;
  readonly threads?: number;
}

/** How to answer. */
export interface OutputFlags {
  readonly json?: true;
  readonly verbose?: true;
}

/** What a model may be called, wherever one is asked for. */
export const modelWords =
  'folder, .gguf file, or name on a Hugging Face hub (org/name) of a model (default: the embedded ' +
  'books-27m-4k)';

/** Adds `--revision` and `--local-files-only`. */
export function addHubOptions(command: Command): Command {
  return command
    .option('--revision <name>', 'branch, tag or commit of a model on a hub (default: main)')
    .option('--local-files-only', 'use a model on a hub from the cache; no network');
}

/** The flags of `addHubOptions` under the library's names; those that were not given are left out. */
export function hubOptions({ revision, localFilesOnly }: HubFlags): {
  readonly revision?: string;
  readonly local_files_only?: boolean;
} {
  return {
    ...(revision !== undefined && { revision }),
    ...(localFilesOnly && { local_files_only: true }),
  };
}

/** Adds `--model`, the options of a hub, `--dtype` and `--threads`. */
export function addModelOptions(command: Command): Command {
  return addHubOptions(command.option('-m, --model <model>', modelWords))
    .option('--dtype <type>', 'weights as fp32, q8 or q4 (default: what the folder holds packed, else q8)')
    .option(
      '--threads <n>',
      'threads of the engine, at most 4 a core, or 16 (default: all cores)',
      parseInteger,
    );
}

/** Adds `--json` and `--verbose`, the last ones of every command. */
export function addOutputOptions(command: Command): Command {
  return addVerboseOption(command.option('--json', 'print one JSON document instead of text'));
}

/** Adds `--verbose`. */
export function addVerboseOption(command: Command): Command {
  return command.option('--verbose', 'show where an error happened');
}
