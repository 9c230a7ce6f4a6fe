// Which stretches of the documents are the samples: each document is cut into windows that follow each other without
// overlap, and each gives an equal share of them, drawn by a seed without replacement. Windows of one document are not
// independent of each other; that is the statistics' business.
import { Random, TreekvError } from '../../core/index.ts';

/** A document that windows may be drawn from. */
export interface WindowSource {
  readonly name: string;
  /** Windows that it has. */
  readonly windows: number;
}

/**
 * The numbers of the windows drawn of each document, ascending; the first ones give one more where shares are not equal.
 * Throws BAD_OPTION where a document has fewer windows than its share.
 */
export function drawWindows(documents: readonly WindowSource[], samples: number, seed: number): number[][] {
  const random = new Random(seed);
  return documents.map(({ name, windows }, index) => {
    const share = Math.floor(samples / documents.length) + (index < samples % documents.length ? 1 : 0);
    if (share > windows) {
      throw new TreekvError(
        'BAD_OPTION',
        `${name} has ${windows} windows, and ${share} are its share of ${samples} samples. Ask for fewer or ` +
          'shorter samples, or leave it out.',
        { document: name, windows, share, samples },
      );
    }
    // the beginning of a shuffle (Fisher and Yates)
    const numbers = Array.from({ length: windows }, (_, i) => i);
    for (let i = 0; i < share; i++) {
      const other = i + Math.floor(random.next() * (windows - i));
      [numbers[i], numbers[other]] = [numbers[other], numbers[i]];
    }
    return numbers.slice(0, share).sort((a, b) => a - b);
  });
}
