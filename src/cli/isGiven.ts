// Whether the user typed an option: a default has a value too, and may have to follow another option.
import type { Command } from 'commander';

/** Whether the option of this attribute name stands on the command line. */
export function isGiven(command: Command, name: string): boolean {
  return command.getOptionValueSource(name) === 'cli';
}
