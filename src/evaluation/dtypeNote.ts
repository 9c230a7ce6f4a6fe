// What a table says below itself where the weights were quantised.
import type { ModelCard } from '../report/index.ts';

/** The note, in an array; nothing for fp32. */
export function dtypeNote({ dtype }: ModelCard): string[] {
  if (dtype === 'fp32') return [];
  return [
    `Note: the weights are ${dtype}. Tables that compare policies should be fp32 (-m FOLDER --dtype fp32, with the ` +
      'folder of the original model).',
  ];
}
