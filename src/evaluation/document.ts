// A text to read, as every experiment takes it.

export interface Document {
  /** As results name it. */
  readonly name: string;
  readonly text: string;
}
