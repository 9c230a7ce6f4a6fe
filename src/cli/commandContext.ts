// What the program hands to each of its commands.

/** What every command is given. */
export interface CommandContext {
  /** Fires on Ctrl-C, and when nobody reads stdout any more. */
  readonly signal: AbortSignal;
  /**
   * Lets a command deal with Ctrl-C before the program does: while the handler is there it is asked first, and
   * where it answers true nothing more happens. Returns what takes the handler away.
   */
  readonly onInterrupt: (handler: () => boolean) => () => void;
}
