// Options that several commands have, under the same names everywhere.
import type { Command } from 'commander';
import type { Dtype } from '../model/index.ts';
import { parseInteger } from './parseOption.ts';

/** Which model, and how it runs. */
export interface ModelFlags {
  readonly model?: string;
  readonly dtype?: Dtype;
  readonly threads?: number;
}

/** How to answer. */
export interface OutputFlags {
  readonly json?: true;
  readonly verbose?: true;
}

/** Adds `--model`, `--dtype` and `--threads`. */
export function addModelOptions(command: Command): Command {
  return command
    .option(
      '-m, --model <folder>',
      'folder of a Hugging Face Llama model, or the name of the embedded one (default: books-27m-4k)',
    )
    .option('--dtype <type>', 'weights as fp32, q8 or q4 (default: what the folder holds packed, else q8)')
    .option('--threads <n>', 'threads of the engine (default: all cores)', parseInteger);
}

/** Adds `--json` and `--verbose`, the last ones of every command. */
export function addOutputOptions(command: Command): Command {
  return command
    .option('--json', 'print one JSON document instead of text')
    .option('--verbose', 'show where an error happened');
}
