// `treekv eval show`: a result file, read again.
import { Command } from 'commander';
import { TreekvError } from '../../core/index.ts';
import { addOutputOptions, type OutputFlags } from '../sharedOptions.ts';
import { claimOutput } from './claimOutput.ts';
import { addForceOption } from './evalOptions.ts';
import { showResult } from './report.ts';

interface Flags extends OutputFlags {
  readonly output?: string;
  readonly force?: true;
}

/** The command `eval show`. */
export function showCommand(): Command {
  const command = new Command('show')
    .summary('the table and pictures of a result file')
    .description(
      'Shows what a result file of any experiment says, without its model and its texts: nothing is measured, and the ' +
        'summary is the one that the run made.',
    )
    .argument('<result>', 'the .json file that --output of an experiment wrote, with or without its ending')
    .option('--output <name>', 'write the table and the pictures: name.md, and name*.svg and name*.png');
  addOutputOptions(addForceOption(command)).addHelpText(
    'after',
    '\nExample:\n  treekv eval show results/figure4-4k.json --output figure4',
  );
  return command.action((result: string, flags: Flags) => show(result, flags));
}

async function show(name: string, flags: Flags): Promise<void> {
  const { readResult, resultFile } = await import('../../report/index.ts');
  const file = resultFile(name);
  const result = await readResult(file);
  if (result === undefined) throw new TreekvError('FILE_NOT_FOUND', `There is no file ${file}.`, { file });
  const claim = await claimOutput(flags, file);
  try {
    await showResult(result, flags, claim);
  } catch (cause) {
    if (cause instanceof TreekvError) throw cause;
    const { treekv } = { ...result.software };
    const message =
      `Something is missing in ${file}, which treekv ${treekv} wrote: it is of another version, or was changed. Resume ` +
      'the run (--resume), which makes its summary anew.';
    throw new TreekvError('BAD_FILE', message, { file }, { cause });
  }
}
