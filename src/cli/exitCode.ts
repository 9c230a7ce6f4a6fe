// What the process says when it ends; scripts rely on these.

export const exitCode = {
  success: 0,
  /** The work failed: a file, the model, the engine. */
  failure: 1,
  /** The command line is wrong: fix it and try again. */
  usage: 2,
  /** Ctrl-C, as shells count it: 128 + SIGINT. */
  interrupted: 130,
} as const;
