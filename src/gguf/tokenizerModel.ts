// The parts of a tokenizer.json in which kinds of tokenizers differ.

/** What a kind of tokenizer contributes to a tokenizer.json. */
export interface TokenizerModel {
  readonly normalizer: object | null;
  readonly pre_tokenizer: object | null;
  readonly decoder: object;
  /**
   * BPE. `merge_ranks`, which a tokenizer.json lacks, holds the rank of every merge where it is not the merge's
   * index: merges may share one, and then the leftmost pair joins first.
   */
  readonly model: object;
  /** Texts begin with BOS where the file does not say. */
  readonly bos: boolean;
}
