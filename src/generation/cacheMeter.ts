// Bytes of caches over a run: their peak, and their mean over the tokens that were processed. It measures what
// the caches allocate for entries, not the process; `peakRssBytes` is the process, whole.

/** Measures one run. */
export class CacheMeter {
  private most = 0;
  private sum = 0;
  private tokens = 0;

  /** Notes that `bytes` are held, and that `tokens` are processed while they are. */
  note(bytes: number, tokens = 0): void {
    this.most = Math.max(this.most, bytes);
    this.sum += bytes * tokens;
    this.tokens += tokens;
  }

  /** Most bytes noted. */
  get peak(): number {
    return this.most;
  }

  /** Mean bytes over the tokens; without any, the peak. */
  get mean(): number {
    return this.tokens === 0 ? this.most : this.sum / this.tokens;
  }
}

/** Most memory that the process has held resident since it began, in bytes: all of its threads and models. */
export function peakRssBytes(): number {
  return process.resourceUsage().maxRSS * 1024;
}
