// What the program hands to each of its commands.

/** What every command is given. */
export interface CommandContext {
  /** Fires on Ctrl-C, and when nobody reads stdout any more. */
  readonly signal: AbortSignal;
}
