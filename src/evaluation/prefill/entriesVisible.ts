// How many entries attention may see in a case: what the layer that keeps most has, and the tokens of a step.
import { layerBudgets } from '../../prefill/index.ts';
import type { PrefillCase } from './prefillCases.ts';
import type { PrefillLengths } from './prefillLengths.ts';

/**
 * Most entries per head that a step sees, new ones included. In mode `full` of the steps behind the prompt, since its
 * reading sees all of it whatever the case.
 * @param layers of the model, over which a method may spread its budget.
 */
export function entriesVisible(
  { cache, prefill }: Pick<PrefillCase, 'cache' | 'prefill'>,
  { prompt, scored, chunk }: Required<PrefillLengths>,
  layers: number,
): number {
  const { budget } = cache;
  const read = prompt + scored;
  if (budget === null) return read;
  if (prefill.mode === 'full') {
    return Math.min(read, Math.max(...layerBudgets(prefill, layers, prompt)) + 1);
  }
  // the prompt's steps have a chunk, those behind it one token
  return Math.max(Math.min(prompt, budget + chunk), Math.min(read, budget + 1));
}
