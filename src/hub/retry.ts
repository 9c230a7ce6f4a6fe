// Does again what a bad moment of the network or the hub stopped. Whether trying again can help, the error
// itself says (`transient`), as does how long the hub wants to be left alone. What failed for good is not
// repeated, and nothing is repeated for ever.
import { setTimeout as pause } from 'node:timers/promises';
import { type ErrorDetails, TreekvError } from '../core/index.ts';

/** How patient a pull is. */
export interface RetryPlan {
  /** Tries without a new byte until it gives up. @default 5 */
  readonly attempts: number;
  /** Milliseconds before the second try; they double with each further one. @default 1000 */
  readonly firstWaitMs: number;
  /** Milliseconds to wait at most; a hub that asks for more has refused. @default 300000 */
  readonly longestWaitMs: number;
  /** Milliseconds without a byte after which a connection counts as cut. @default 30000 */
  readonly stallMs: number;
}

/** The defaults. */
export const defaultRetryPlan: RetryPlan = {
  attempts: 5,
  firstWaitMs: 1000,
  longestWaitMs: 300_000,
  stallMs: 30_000,
};

/** A failure that another try may mend. @param waitMs what the hub asked for */
export function transient(
  message: string,
  details: ErrorDetails,
  waitMs?: number,
  cause?: unknown,
): TreekvError {
  const all = { ...details, transient: true, ...(waitMs !== undefined && { waitMs }) };
  return new TreekvError('DOWNLOAD_FAILED', message, all, { cause });
}

/** Whether an error says that another try may mend it. */
export function isTransient(error: unknown): error is TreekvError {
  return error instanceof TreekvError && error.details.transient === true;
}

/** The error of a caller's abort. */
export function aborted(): TreekvError {
  return new TreekvError('ABORTED', 'The download was aborted; the next one goes on where this one ended.');
}

/**
 * The result of the first try that succeeds. Throws the last error after `plan.attempts` tries, ABORTED when
 * the signal fires. @param progressed whether the last try got further than any before; the count starts anew
 */
export async function retrying<T>(
  plan: RetryPlan,
  signal: AbortSignal | undefined,
  action: () => Promise<T>,
  progressed: () => boolean = () => false,
): Promise<T> {
  for (let failures = 0; ; ) {
    try {
      return await action();
    } catch (error) {
      if (!isTransient(error)) throw error;
      failures = progressed() ? 1 : failures + 1;
      const asked = error.details.waitMs as number | undefined;
      const wait = asked ?? plan.firstWaitMs * 2 ** (failures - 1);
      if (asked !== undefined && asked > plan.longestWaitMs) throw tooLong(error, asked);
      if (failures >= plan.attempts) throw givenUp(error, failures);
      await sleep(Math.min(wait, plan.longestWaitMs), signal);
    }
  }
}

async function sleep(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await pause(milliseconds, undefined, { signal });
  } catch {
    throw aborted();
  }
}

function tooLong(error: TreekvError, waitMs: number): TreekvError {
  const message = `${error.message} The hub asks for ${Math.ceil(waitMs / 1000)} s of patience; try again then.`;
  return new TreekvError(error.code, message, error.details, { cause: error });
}

function givenUp(error: TreekvError, attempts: number): TreekvError {
  const times = attempts === 1 ? 'once' : `${attempts} times`;
  const message = `${error.message} Tried ${times}.`;
  return new TreekvError(error.code, message, { ...error.details, attempts }, { cause: error });
}
