// The order in which a store may be used, one code for every engine: a step, then its decision, then the next. What
// falls in between is a defect of the caller, and is refused before anything changes.

/** Whether a store runs, waits for a decision, or is free. */
export class Turns {
  private state: 'free' | 'running' | 'waiting' = 'free';

  /** Runs a step; afterwards its decision is awaited. A step that fails leaves nothing to decide. */
  async step<Result>(run: () => Promise<Result>): Promise<Result> {
    this.requireFree('step');
    this.state = 'running';
    try {
      const result = await run();
      this.state = 'waiting';
      return result;
    } catch (error) {
      this.state = 'free';
      throw error;
    }
  }

  /** Ends the wait for a decision. */
  commit(): void {
    if (this.state !== 'waiting') throw new Error(`commit: the store is ${this.state}, no step waits`);
    this.state = 'free';
  }

  /** Gives up the step that waits, if there is one. */
  discard(): void {
    if (this.state === 'running') throw new Error('discard: a step is running');
    this.state = 'free';
  }

  /** Throws unless the store is free. @param what the use that is made of it. */
  requireFree(what: string): void {
    if (this.state === 'running') throw new Error(`${what}: a step is running`);
    if (this.state === 'waiting')
      throw new Error(`${what}: the last step was neither committed nor discarded`);
  }
}
