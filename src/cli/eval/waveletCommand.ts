// `treekv eval wavelet`: where in a text does attention change fast, and where slowly? The paper's Figure 2.
import { Command } from 'commander';
import type { CommandContext } from '../commandContext.ts';
import { given } from '../given.ts';
import { parseInteger, parseLength } from '../parseOption.ts';
import { addEvaluationOptions, addTextOption, type EvaluationFlags } from './evalOptions.ts';
import { readDocuments } from './readDocuments.ts';
import { runExperiment } from './runExperiment.ts';

interface Flags extends EvaluationFlags {
  readonly text: readonly string[];
  readonly samples?: number;
  readonly length?: number;
  readonly levels?: number;
  readonly edge?: number;
  readonly seed?: number;
}

/** The command `eval wavelet`. */
export function waveletCommand(context: CommandContext): Command {
  const command = addTextOption(
    new Command('wavelet')
      .summary('how fast attention changes along a text')
      .description(
        'Takes windows of the texts as samples, reads each with full attention, and splits attention weight times ' +
          'value of its last token into Haar bands along the positions, from fast changes (D1) to slow ones. Shows ' +
          'how large each band is from the beginning to the end. No cache policy is involved.',
      ),
  )
    .option(
      '--samples <n>',
      'windows, an equal share of each text, or all of a short one (default: 200; the paper: 2000)',
      parseInteger,
    )
    .option('--length <n>', 'tokens of a window (default: 512)', parseLength)
    .option('--levels <n>', 'bands (default: 5)', parseInteger)
    .option(
      '--edge <n>',
      'positions left out of the comparison at either end, 2^levels at least (default: 32)',
      parseInteger,
    )
    .option('--seed <n>', 'draws the same windows again (default: 0)', parseInteger);
  addEvaluationOptions(command).addHelpText(
    'after',
    '\nExample:\n  treekv eval wavelet --text books/ --samples 200 -m FOLDER --dtype fp32 --output figure2',
  );
  return command.action((flags: Flags) => run(flags, context.signal));
}

async function run(flags: Flags, signal: AbortSignal): Promise<void> {
  const { evaluateWavelet } = await import('../../evaluation/index.ts');
  const { samples, length, levels, edge, seed } = flags;
  const documents = await readDocuments(flags.text);
  const request = { documents, ...given({ samples, length, levels, edge, seed }) };
  await runExperiment(
    {
      progress: ['reading', 'samples'],
      measure: (model, options) => evaluateWavelet(model, { ...request, ...options }),
    },
    flags,
    signal,
  );
}
