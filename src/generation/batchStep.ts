// What goes into a step of a batch and what comes out, row by row.

/** What one row reads in a step. */
export interface RowInput {
  /** [t], 1 <= t <= T token ids. */
  readonly ids: Int32Array;
  /** [t] the tokens that follow, to be scored; -1 is not. Without them the row's last logits come out. */
  readonly targets?: Int32Array;
  /** Neither likelihoods nor logits: the row only reads. @default false */
  readonly silent?: boolean;
}

/** What a step gives back, rows in order. */
export interface BatchOutput {
  /** Per row [V] logits after its last token, or undefined. A view: valid until the next step. */
  readonly logits: readonly (Float32Array | undefined)[];
  /** Per row the negative log-likelihoods of its targets, those of -1 left out, or undefined. */
  readonly nll: readonly (Float32Array | undefined)[];
}
