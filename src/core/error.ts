// The one error class of treekv. A TreekvError says what is wrong with which numbers and what to do about
// it; `code` is stable and meant for programs, `message` for people. Anything else that is thrown is a bug.

/** Stable reasons for failure; a program may switch on them. */
export type ErrorCode =
  /** An option is unknown, has a bad value, or does not apply to the choice beside it. */
  | 'BAD_OPTION'
  /** The budget leaves no entry for the policy to choose: it must be at least sinks + recent + 1. */
  | 'BUDGET_TOO_SMALL'
  /** A policy module returned what no policy may, or threw. */
  | 'BAD_POLICY'
  /** A file or folder is absent. */
  | 'FILE_NOT_FOUND'
  /** A file is damaged, truncated, or not of the format its name promises. */
  | 'BAD_FILE'
  /** A file could not be written. */
  | 'WRITE_FAILED'
  /** The network or the hub failed, or sent what it should not. */
  | 'DOWNLOAD_FAILED'
  /** The hub does not let this user read the model. */
  | 'NOT_AUTHORISED'
  /** The architecture, weight type or feature is one that treekv does not run. */
  | 'UNSUPPORTED'
  /** A weight is missing or has another shape than the config says. */
  | 'BAD_WEIGHTS'
  /** There is nothing to read: the prompt or the text is empty. */
  | 'EMPTY_INPUT'
  /** The caller's AbortSignal fired. */
  | 'ABORTED'
  /** The object was used after `dispose()`. */
  | 'DISPOSED'
  /** A snapshot belongs to another model or format. */
  | 'BAD_SNAPSHOT'
  /** The engine failed while it ran; the message carries its words. */
  | 'ENGINE_FAILED';

/** Numbers and names behind an error, for programs. */
export type ErrorDetails = Readonly<Record<string, unknown>>;

/** An error with a stable code, a message that names the way out, and the numbers behind it. */
export class TreekvError extends Error {
  /** Always `TreekvError`. */
  override readonly name = 'TreekvError';
  /** The stable reason; switch on this one, not on the message. */
  readonly code: ErrorCode;
  /** The numbers and names of the message. */
  readonly details: ErrorDetails;

  /** A policy module may throw one of its own. @param details the numbers and names of the message. */
  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.details = details;
  }
}
