// Which of several variants is faster, on a machine whose speed changes from minute to minute? They run in
// turn in one process: in every round each variant runs one burst, so that all meet the same minute. Medians
// over all runs say what to expect, bests what the machine can do, and ratios are the medians of the rounds'
// own ratios, which the machine's moods hardly move.

/** Milliseconds of parts of one run, by name. */
export type Parts = Readonly<Record<string, number>>;

export interface Variant {
  readonly name: string;
  /** Untimed, before each burst. */
  readonly begin?: () => void;
  /** One run; may say where its time went. */
  readonly run: () => Promise<Parts | undefined>;
}

export interface Schedule {
  readonly rounds: number;
  /** Timed runs a variant and round. */
  readonly burst: number;
  /**
   * Untimed runs before them. They bring the variant's weights and cache back into the processor's caches,
   * and outlast the threads of another variant's session, which spin for a while after their last run.
   */
  readonly settle: number;
}

export interface Timing {
  readonly name: string;
  /** Milliseconds a run. */
  readonly median: number;
  readonly best: number;
  /** Against the first variant: the median of the rounds' ratios. */
  readonly ratio: number;
  /** Median of each part, in milliseconds. */
  readonly parts: Parts;
  /** Their medians over the fastest tenth of the runs: the parts on a machine that does nothing else. */
  readonly quiet: Parts;
}

/** Times the variants in turn. One round more is run first and not counted. */
export async function alternate(variants: readonly Variant[], schedule: Schedule): Promise<Timing[]> {
  const records = variants.map(() => new Runs());
  for (let round = -1; round < schedule.rounds; round++) {
    for (let turn = 0; turn < variants.length; turn++) {
      // Each round begins with another variant, so that none always follows the same one.
      const i = (turn + round + 1) % variants.length;
      const burst = await runBurst(variants[i], schedule);
      if (round >= 0) records[i].add(burst);
    }
  }
  return variants.map(({ name }, i) => records[i].timing(name, records[0]));
}

/** The middle of the numbers; the upper one of two. */
export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? Number.NaN;
}

interface Run {
  readonly total: number;
  readonly parts: Parts;
}

async function runBurst(variant: Variant, { burst, settle }: Schedule): Promise<Run[]> {
  variant.begin?.();
  for (let i = 0; i < settle; i++) await variant.run();
  const runs: Run[] = [];
  for (let i = 0; i < burst; i++) {
    const started = performance.now();
    const parts = await variant.run();
    runs.push({ total: performance.now() - started, parts: parts ?? {} });
  }
  return runs;
}

/** All timed runs of a variant. */
class Runs {
  private readonly runs: Run[] = [];
  // [rounds]
  private readonly medians: number[] = [];

  add(burst: readonly Run[]): void {
    this.runs.push(...burst);
    this.medians.push(median(burst.map(({ total }) => total)));
  }

  timing(name: string, first: Runs): Timing {
    const totals = this.runs.map(({ total }) => total);
    const byTime = [...this.runs].sort((a, b) => a.total - b.total);
    return {
      name,
      median: median(totals),
      best: Math.min(...totals),
      ratio: median(this.medians.map((own, round) => own / first.medians[round])),
      parts: medians(this.runs),
      quiet: medians(byTime.slice(0, Math.ceil(byTime.length / 10))),
    };
  }
}

function medians(runs: readonly Run[]): Parts {
  const names = Object.keys(runs[0]?.parts ?? {});
  return Object.fromEntries(names.map((name) => [name, median(runs.map(({ parts }) => parts[name]))]));
}
