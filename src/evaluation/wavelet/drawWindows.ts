// Which stretches of the documents are the samples: each document is cut into windows that follow each other without
// overlap, and each gives an equal share of them, drawn by a seed without replacement; where one has fewer, the others
// share what it lacks. Windows of one document are not independent of each other; that is the statistics' business.
import { Random, TreekvError } from '../../core/index.ts';

/** A document that windows may be drawn from. */
export interface WindowSource {
  readonly name: string;
  /** Windows that it has. */
  readonly windows: number;
}

/**
 * The numbers of the windows drawn of each document, ascending. Throws BAD_OPTION where all documents together have
 * fewer windows than samples, or one that should give some has none.
 */
export function drawWindows(documents: readonly WindowSource[], samples: number, seed: number): number[][] {
  const random = new Random(seed);
  const shares = sharesOf(documents, samples);
  return documents.map(({ windows }, d) => {
    // the beginning of a shuffle (Fisher and Yates)
    const numbers = Array.from({ length: windows }, (_, i) => i);
    for (let i = 0; i < shares[d]; i++) {
      const other = i + Math.floor(random.next() * (windows - i));
      [numbers[i], numbers[other]] = [numbers[other], numbers[i]];
    }
    return numbers.slice(0, shares[d]).sort((a, b) => a - b);
  });
}

/** Windows that each document gives: as equal as they can be, the first ones one more where that does not go into. */
function sharesOf(documents: readonly WindowSource[], samples: number): number[] {
  requireEnough(documents, samples);
  // All that a document has, until it turns out to be enough for a share.
  const shares = documents.map(({ windows }) => windows);
  let open = [...documents.keys()];
  for (let left = samples; ; ) {
    const share = (i: number): number => Math.floor(left / open.length) + (i < left % open.length ? 1 : 0);
    const enough = open.filter((d, i) => documents[d].windows >= share(i));
    if (enough.length === open.length) {
      for (const [i, d] of open.entries()) shares[d] = share(i);
      return shares;
    }
    for (const d of open) if (!enough.includes(d)) left -= shares[d];
    open = enough;
  }
}

function requireEnough(documents: readonly WindowSource[], samples: number): void {
  // of fewer samples than documents the last ones give none
  const empty = documents.slice(0, samples).find(({ windows }) => windows === 0);
  if (empty !== undefined) {
    const message = `${empty.name} is shorter than a window. Ask for shorter ones (--length), or leave it out.`;
    throw new TreekvError('BAD_OPTION', message, { document: empty.name, windows: 0 });
  }
  const windows = documents.reduce((sum, document) => sum + document.windows, 0);
  if (windows >= samples) return;
  const message =
    `The documents have ${windows} windows, and ${samples} samples are asked for. Ask for fewer (--samples) or ` +
    'shorter ones (--length), or name more documents (--text).';
  throw new TreekvError('BAD_OPTION', message, { windows, samples });
}
