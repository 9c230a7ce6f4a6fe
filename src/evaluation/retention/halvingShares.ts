// What the paper's tree comes to by age where nothing is protected: each pass over the cache halves what an age has,
// so that the newest budget of tokens has half of the entries, the one before a quarter, and so on, whatever the
// attention. It says so only where that is exact; a rough guide beside measured shares would read as a finding.
import { treekv } from '../../policies/index.ts';
import type { RetentionProtocol } from './retentionResult.ts';

/**
 * The shares by age, newest first, the last column with all that is older; undefined where none of the policies has
 * them. @param columns of ages; at most the bins that there are.
 */
export function halvingShares(
  { policies, ageBin, tokens }: Pick<RetentionProtocol, 'policies' | 'ageBin' | 'tokens'>,
  columns: number,
): number[] | undefined {
  const walks = policies.some(
    ({ cache: { policy, sinks, recent, budget, rule = 'prose' } }) =>
      policy === treekv.name && rule === 'prose' && sinks + recent === 0 && budget === ageBin,
  );
  // An age's entries stand for 2, 4, 8, ... tokens: all of them must begin and end with their age.
  const whole = tokens % ageBin === 0 && ageBin % 2 ** (columns - 1) === 0;
  if (!walks || !whole || columns < 2) return undefined;
  return Array.from({ length: columns }, (_, column) => 2 ** -Math.min(column + 1, columns - 1));
}
