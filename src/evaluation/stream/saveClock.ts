// When a run saves its state: every so many tokens, or, unless told so, as often as costs at most a hundredth of
// the time, whatever the model, and not more than twice a minute. Saving changes no number, so a clock may decide.

/** Time between two saves in costs of a save. */
const SHARE = 100;

/** Shortest time between two saves, in milliseconds. */
const SHORTEST = 30_000;

/** Says when to save. */
export class SaveClock {
  private readonly every: number | undefined;
  private readonly now: () => number;
  private savedAt: number;
  private savedPosition: number;
  private cost = 0;

  /** @param every tokens between two saves. @default by time @param position where the run begins. */
  constructor(every: number | undefined, position: number, now: () => number = () => performance.now()) {
    this.every = every;
    this.now = now;
    this.savedAt = now();
    this.savedPosition = position;
  }

  /** Whether the state is to be saved at this position. */
  due(position: number): boolean {
    if (this.every !== undefined) return position - this.savedPosition >= this.every;
    return this.now() - this.savedAt >= Math.max(SHORTEST, SHARE * this.cost);
  }

  /** Saves, and notes what it cost. */
  async save(position: number, work: () => Promise<void>): Promise<void> {
    const began = this.now();
    await work();
    this.savedAt = this.now();
    this.cost = this.savedAt - began;
    this.savedPosition = position;
  }
}
