// everyKth.mjs: of the entries that leave the recent window, every k-th token stays.
export const policy = {
  name: 'every-kth',
  summary: 'Keeps sinks, recent entries, and of the rest those whose index is a multiple of 16.',
  plan: ({ budget = 1024, sinks = 4, recent = budget / 2 }) => ({
    policy: 'every-kth',
    variant: 'paper',
    positions: 'by-place',
    budget,
    sinks,
    recent,
    selected: budget - sinks - recent,
  }),
  create: ({ budget, sinks, selected }) => ({
    asks: 'none', // whose attention it wants: 'none', 'all' queries of a step, or the 'last'
    budget,
    step({ heads, before, added, tokens, stride }, evicted) {
      const total = before + added;
      const leaving = Math.max(0, total - budget);
      for (let head = 0; head < heads; head++) {
        const ranks = Array.from({ length: total - sinks }, (_, i) => i + sinks);
        const old = ranks.slice(0, selected + leaving);
        const token = (rank) => tokens[head * stride + rank];
        old.sort((a, b) => (token(a) % 16 === 0) - (token(b) % 16 === 0) || a - b);
        evicted.set(
          old.slice(0, leaving).sort((a, b) => a - b),
          head * leaving,
        );
      }
    },
    state: () => ({}), // typed arrays, for snapshots and forks
    restore: () => {},
  }),
};
