// What `peer.ts` and the two programs that it compares say to each other.

/** Go to a length of text by reading or by forgetting, then perhaps write. */
export interface PeerRequest {
  readonly read: number;
  readonly chunk: number;
  /** Tokens to write; each is timed and all are forgotten again. */
  readonly decode?: number;
}

/** Milliseconds: of every token written, else of the last chunk read. */
export interface PeerAnswer {
  readonly times: readonly number[];
}
