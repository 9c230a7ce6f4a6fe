// Whether a cache that keeps everything can be held for the length of a stream. A bounded cache always passes; a
// full one that would end in swapping is refused before hours of work, with the numbers.
import { totalmem } from 'node:os';
import { bytesPerToken, type EntryShape } from '../../cache/index.ts';
import { TreekvError } from '../../core/index.ts';
import type { NamedPlan } from '../policySpec.ts';

/** Throws BAD_OPTION if the caches without a budget would fill more than half of the memory. */
export function requireMemory(
  shape: EntryShape,
  policies: readonly NamedPlan[],
  tokens: number,
  machineBytes: number = machineMemory(),
): void {
  const endless = policies.filter(({ plan }) => plan.budget === null).map(({ name }) => name);
  const bytes = endless.length * tokens * bytesPerToken(shape);
  // Half, because a cache that grows holds its old and its new slots at once.
  if (bytes <= machineBytes / 2) return;
  const most = Math.floor(machineBytes / 2 / endless.length / bytesPerToken(shape));
  const message =
    `Policy ${endless.map((name) => `'${name}'`).join(' and ')} keeps every entry: ${tokens} tokens take ` +
    `${gibibytes(bytes)} GiB of keys and values, more than half of the ${gibibytes(machineBytes)} GiB of this ` +
    `machine. Leave it out, or read at most ${most} tokens.`;
  throw new TreekvError('BAD_OPTION', message, { policies: endless, tokens, bytes, machineBytes, most });
}

/** Memory of this machine, or what a container leaves of it. */
function machineMemory(): number {
  const limit = process.constrainedMemory();
  return limit > 0 ? Math.min(totalmem(), limit) : totalmem();
}

function gibibytes(bytes: number): string {
  return (bytes / 2 ** 30).toFixed(1);
}
