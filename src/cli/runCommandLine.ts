// From arguments to an exit code: builds the program, turns Ctrl-C and a stdout that takes nothing more into an
// abort, and words errors. No command ends the process itself. A reader that closes the pipe (`| head`) has what
// it wanted, so that ends quietly with 0.
import { CommanderError } from 'commander';
import { TreekvError } from '../core/index.ts';
import { exitCode } from './exitCode.ts';
import { OutputWatch } from './outputWatch.ts';
import { createProgram } from './program.ts';
import { answerJson, note } from './terminal.ts';

/** Runs `treekv` with these arguments; answers its exit code. */
export async function runCommandLine(args: readonly string[]): Promise<number> {
  const controller = new AbortController();
  let interrupted = false;
  let handler: (() => boolean) | undefined;
  const onInterrupt = (own: () => boolean): (() => void) => {
    handler = own;
    return () => {
      handler = undefined;
    };
  };
  const interrupt = (): void => {
    if (handler?.()) return;
    // Whoever presses Ctrl-C twice will not wait for a clean end.
    if (interrupted) process.exit(exitCode.interrupted);
    interrupted = true;
    controller.abort();
  };
  process.on('SIGINT', interrupt);
  const outputs = new OutputWatch(() => controller.abort());
  const json = before(args, '--json');
  const end = (status: number, complaint?: string): Promise<number> =>
    outputs.settle({ status, json, complaint });
  try {
    await createProgram({ signal: controller.signal, onInterrupt }).parseAsync(args, { from: 'user' });
    return await end(interrupted ? exitCode.interrupted : exitCode.success);
  } catch (error) {
    if (interrupted) {
      note('\ntreekv: interrupted\n');
      return await end(exitCode.interrupted);
    }
    if (outputs.answerless && isAbort(error)) return await end(exitCode.success);
    const { status, complaint } = report(error, json, before(args, '--verbose'));
    return await end(status, complaint);
  } finally {
    process.off('SIGINT', interrupt);
  }
}

/** Whether an error only says that the signal fired. */
function isAbort(error: unknown): boolean {
  if (error instanceof TreekvError) return error.code === 'ABORTED';
  return error instanceof Error && error.name === 'AbortError';
}

/** Says what went wrong, on stderr and, for machines, on stdout; answers what was said. */
function report(
  error: unknown,
  json: boolean,
  verbose: boolean,
): { readonly status: number; readonly complaint?: string } {
  if (error instanceof CommanderError && error.exitCode === 0) return { status: exitCode.success };
  // Commander has shown the help already: no command was named.
  if (error instanceof CommanderError && error.code === 'commander.help') return { status: exitCode.usage };
  const { code, message, details, status } = describe(error);
  if (json) answerJson({ error: { code, message, details } });
  note(`treekv: ${message}\n`);
  if (code === 'USAGE') note('Help: treekv --help, or treekv COMMAND --help\n');
  if (verbose && error instanceof Error) note(`${error.stack}\n`);
  return { status, complaint: message };
}

function describe(error: unknown): { code: string; message: string; details: unknown; status: number } {
  if (error instanceof TreekvError) {
    const usage = error.code === 'BAD_OPTION' || error.code === 'BUDGET_TOO_SMALL';
    const { code, message, details } = error;
    return { code, message, details, status: usage ? exitCode.usage : exitCode.failure };
  }
  if (error instanceof CommanderError) {
    const message = error.message.replace(/^error: /, '').replaceAll('\n', ' ');
    return { code: 'USAGE', message, details: {}, status: exitCode.usage };
  }
  const words = error instanceof Error ? error.message : String(error);
  const message = `unexpected failure: ${words} (this is a defect of treekv; --verbose shows where)`;
  return { code: 'UNEXPECTED', message, details: {}, status: exitCode.failure };
}

/** Whether a flag is among the options; behind `--` there are none. */
function before(args: readonly string[], flag: string): boolean {
  const end = args.indexOf('--');
  return args.slice(0, end < 0 ? args.length : end).includes(flag);
}
