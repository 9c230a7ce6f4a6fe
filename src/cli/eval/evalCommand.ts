// `treekv eval`: which experiments there are. Each has a file of its own.
import { Command } from 'commander';
import type { CommandContext } from '../commandContext.ts';
import { ablationCommand } from './ablationCommand.ts';
import { longbenchCommand } from './longbenchCommand.ts';
import { needleCommand } from './needleCommand.ts';
import { perplexityCommand } from './perplexityCommand.ts';
import { prefillCommand } from './prefillCommand.ts';
import { retentionCommand } from './retentionCommand.ts';
import { showCommand } from './showCommand.ts';
import { streamCommand } from './streamCommand.ts';
import { waveletCommand } from './waveletCommand.ts';

const experiments = [
  perplexityCommand,
  streamCommand,
  prefillCommand,
  longbenchCommand,
  needleCommand,
  retentionCommand,
  ablationCommand,
  waveletCommand,
  showCommand,
];

/** The command `eval` and its experiments. */
export function evalCommand(context: CommandContext): Command {
  const command = new Command('eval')
    .summary('measure a model under several caches')
    .description(
      'Measures a model under several caches: the experiments of the paper, one a command. Each writes one result ' +
        'file with everything that it was measured under, and can be resumed after a kill at any moment.',
    )
    .helpCommand(false)
    .addHelpText(
      'after',
      '\nExample:\n  treekv eval perplexity --text book.txt\n\nMore on an experiment:\n  treekv eval stream --help',
    );
  for (const create of experiments) command.addCommand(create(context));
  return command;
}
