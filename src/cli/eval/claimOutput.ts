// Which of the files that an experiment writes are its own to replace. Beside a result that is resumed lie its own
// table and pictures; beside a new one, or under a name that is new, lies what somebody else has made.
import { resolve } from 'node:path';
import { requireFree, TreekvError } from '../../core/index.ts';
import type { ResultFlags } from './evalOptions.ts';

/** What may be replaced. */
export interface OutputClaim {
  /** Throws BAD_OPTION at a file that exists and is not the run's own. @param wayOut what to do instead */
  require(files: readonly string[], wayOut?: string): Promise<void>;
}

/** Everything may, as `--force` says. */
const everything: OutputClaim = { require: async () => undefined };

/**
 * Looks before the run at what it will write. Throws BAD_OPTION, or BAD_FILE for a result to resume that is none.
 * @param shown the file of a result that is only shown: what lies beside it is its own.
 */
export async function claimOutput(
  { output, resume, force }: ResultFlags,
  shown?: string,
): Promise<OutputClaim> {
  if (force && resume) {
    const message = '--resume goes on with what is there, and --force replaces it; leave one of them out.';
    throw new TreekvError('BAD_OPTION', message, {});
  }
  if (force) return everything;
  const { outputStem, readResult, resultExists, resultFile } = await import('../../report/index.ts');
  if (output !== undefined) {
    const file = resultFile(output);
    if (shown === undefined) {
      const found = await readResult(file);
      if (found !== undefined && !resume) throw resultExists(file);
      if (found !== undefined) return everything;
    } else if (resolve(file) === resolve(shown)) return everything;
  }
  const claim: OutputClaim = {
    require: (files, wayOut = 'Name another output, or replace what is there (--force).') =>
      requireFree(files, wayOut),
  };
  if (output !== undefined) {
    await claim.require(['.md', '.svg', '.png'].map((ending) => outputStem(output) + ending));
  }
  return claim;
}
