// Perplexities that an independent program (not this code base) computed with the project's own 16k model:
// the figures against which `tools/parity.ts` and the parity test hold ours. Contexts, then policies.

type Figures = Readonly<Record<number, Readonly<Record<string, number>>>>;

/** Per book. */
export const expectedBook: Readonly<Record<string, Figures>> = {
  '5770.txt': {
    2048: { full: 19.4757, treekv: 19.573, 'streaming-llm': 19.6027, h2o: 19.6689 },
    4096: { full: 21.6625, treekv: 22.2588, 'streaming-llm': 22.2827, h2o: 22.4227 },
  },
};

/** Over the 13 books of the PG-19 test split at hand: exp of the mean of the books' means. */
export const expectedOverall: Figures = {
  4096: { full: 23.597, treekv: 23.984, 'streaming-llm': 23.995, h2o: 24.035, tova: 24.154 },
  8192: { full: 23.533, treekv: 24.262, 'streaming-llm': 24.203, h2o: 24.507, tova: 24.574 },
};
