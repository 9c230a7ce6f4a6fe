// How a prompt is read and brought down to the budget: the options of the commands that read one, under the
// library's names behind `--prefill-`. What applies to what, the library says.
import type { Command } from 'commander';
import type { PrefillOptions } from '../prefill/index.ts';
import { given } from './given.ts';
import { parseInteger } from './parseOption.ts';

/** The flags of `addPrefillOptions`. */
export interface PrefillFlags {
  readonly prefill?: PrefillOptions['mode'];
  readonly prefillMethod?: string;
  readonly prefillBlock?: number;
  readonly prefillWindow?: number;
  readonly prefillKernel?: number;
  readonly prefillPooling?: PrefillOptions['pooling'];
}

/** Adds the options under a heading of their own. */
export function addPrefillOptions(command: Command): Command {
  return command
    .optionsGroup('How the prompt is read:')
    .option(
      '--prefill <mode>',
      'chunked: the policy evicts while it is read; full: read with full attention, then compressed at once ' +
        '(default: chunked)',
    )
    .option(
      '--prefill-method <name>',
      "with --prefill full: treekv, snapkv, pyramidkv, h2o, tova, streaming-llm or full (default: the policy's)",
    )
    .option('--prefill-block <n>', 'treekv only: tokens a block (default: 8)', parseInteger)
    .option(
      '--prefill-window <n>',
      'snapkv and pyramidkv: last tokens, which choose (default: 32)',
      parseInteger,
    )
    .option('--prefill-kernel <n>', 'snapkv and pyramidkv: places pooled, odd (default: 7)', parseInteger)
    .option('--prefill-pooling <name>', 'snapkv and pyramidkv: max or avg (default: max)');
}

/** The flags as the option `prefill`; undefined if none was given, so that the library's default holds. */
export function prefillOptions(flags: PrefillFlags): PrefillOptions | undefined {
  const { prefillMethod: method, prefillBlock: block, prefillWindow: window } = flags;
  const { prefill: mode, prefillKernel: kernel, prefillPooling: pooling } = flags;
  const rest = given({ method, block, window, kernel, pooling });
  if (mode === undefined && Object.keys(rest).length === 0) return undefined;
  return { mode: mode ?? 'chunked', ...rest };
}
