// What the graph must know of a model, read from a Hugging Face config.json (architecture `llama`).
// Refuses what the graph would compute wrongly instead of guessing: other architectures, biases, rope
// scaling, activations other than SiLU.

/** The numbers of a decoder-only model. */
export interface ModelConfig {
  readonly architecture: 'llama';
  /** Vocabulary, V. */
  readonly vocabSize: number;
  /** Width of the residual stream, d. */
  readonly hiddenSize: number;
  /** Width of the feed-forward layer. */
  readonly intermediateSize: number;
  /** Layers, L. */
  readonly layers: number;
  /** Query heads, H = kvHeads * group. */
  readonly queryHeads: number;
  /** KV heads, Hkv. */
  readonly kvHeads: number;
  /** Width of a head, D; even. */
  readonly headDim: number;
  readonly ropeTheta: number;
  readonly rmsNormEps: number;
  /** The output projection is the embedding table. */
  readonly tiedEmbeddings: boolean;
  /** Context length the model was trained for; stated, never enforced. */
  readonly maxPositions: number;
}
