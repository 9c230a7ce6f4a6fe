// The command line as a whole: which commands there are. A command's file says its options; what runs it is
// imported when it runs, so that help and errors need neither the engine nor a model.
import { Command } from 'commander';
import { packageVersion } from '../core/index.ts';
import { chatCommand } from './chatCommand.ts';
import type { CommandContext } from './commandContext.ts';
import { demoCommand } from './demoCommand.ts';
import { evalCommand } from './eval/evalCommand.ts';
import { generateCommand } from './generateCommand.ts';
import { inspectCommand } from './inspectCommand.ts';
import { pullCommand } from './pullCommand.ts';
import { answer, note } from './terminal.ts';

/** The program `treekv`. Its parser throws CommanderError and writes no errors itself. */
export function createProgram(context: CommandContext): Command {
  const program = new Command('treekv')
    .description(
      'Runs local language models with a key-value cache of fixed size: a text of any length costs the same ' +
        'memory and the same time per token.',
    )
    .version(packageVersion(), '--version', 'print the version')
    .helpCommand(false)
    .addHelpText('after', '\nStart here:\n  treekv demo\n\nMore on a command:\n  treekv generate --help');
  for (const create of [
    demoCommand,
    generateCommand,
    chatCommand,
    evalCommand,
    inspectCommand,
    pullCommand,
  ]) {
    program.addCommand(create(context));
  }
  for (const command of withDescendants(program)) {
    command
      .exitOverride()
      .configureOutput({ outputError: () => undefined, writeOut: answer, writeErr: note })
      .configureHelp({ helpWidth: 100, showGlobalOptions: false })
      .helpOption('-h, --help', 'show this help');
  }
  return program;
}

function withDescendants(command: Command): Command[] {
  return [command, ...command.commands.flatMap(withDescendants)];
}
