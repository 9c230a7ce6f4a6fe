// `treekv eval show`: a result file, read again.
import { Command } from 'commander';
import { TreekvError } from '../../core/index.ts';
import { addOutputOptions, type OutputFlags } from '../sharedOptions.ts';
import { answer, answerJson } from '../terminal.ts';
import { writeFaces } from './report.ts';

interface Flags extends OutputFlags {
  readonly output?: string;
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
  addOutputOptions(command).addHelpText(
    'after',
    '\nExample:\n  treekv eval show results/figure4-4k.json --output figure4',
  );
  return command.action((result: string, flags: Flags) => show(result, flags));
}

async function show(name: string, { output, json }: Flags): Promise<void> {
  const { readResult, resultFaces } = await import('../../evaluation/index.ts');
  const { outputStem, resultFile } = await import('../../report/index.ts');
  const file = resultFile(name);
  const result = await readResult(file);
  if (result === undefined) throw new TreekvError('FILE_NOT_FOUND', `There is no file ${file}.`, { file });
  const { table, plots } = resultFaces(result);
  if (json) answerJson(result);
  else answer(`${table}\n`);
  if (output !== undefined) await writeFaces(outputStem(output), { table, plots: plots() });
}
