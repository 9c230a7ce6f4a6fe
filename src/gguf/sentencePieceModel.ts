// Sentencepiece's BPE with byte fallback (Llama 2, Mistral, TinyLlama): spaces are U+2581 in the pieces, and the
// merges follow from the scores. Normalizer and decoder are those of Llama 2's tokenizer.json. Sentencepiece's own
// normalisation, which these models do without, is refused.
import type { MetadataReader } from './metadataReader.ts';
import { spmMerges } from './spmMerges.ts';
import type { TokenizerModel } from './tokenizerModel.ts';
import { idsByToken, perToken, tokenTypes, type Vocabulary } from './vocabulary.ts';

const space = '\u2581';

/** Words with the spaces before them. */
const cutBeforeSpaces = {
  type: 'Split',
  pattern: { Regex: `${space}*[^${space}]+|${space}+` },
  behavior: 'Isolated',
  invert: false,
};

/** The parts of a tokenizer.json in the form of Llama 2's. Throws BAD_FILE or UNSUPPORTED. */
export function sentencePieceModel(vocabulary: Vocabulary, reader: MetadataReader): TokenizerModel {
  refuseNormalisation(reader);
  const { tokens, types, special } = vocabulary;
  const scores = perToken(reader, 'tokenizer.ggml.scores', tokens.length);
  const wrong = scores.findIndex((score: number) => !Number.isFinite(score));
  if (wrong >= 0) {
    throw reader.bad(`token ${wrong} has the score ${scores[wrong]}`, { token: wrong, score: scores[wrong] });
  }
  const ids = idsByToken(vocabulary, reader);
  // Control and user-defined tokens are found before merging begins, and bytes stand in for what is no piece.
  const pieces = new Map([...ids].filter(([, id]) => types[id] === tokenTypes.normal || types[id] === 0));
  const { merges, ranks } = spmMerges(pieces, scores);
  const prefix = reader.flag('tokenizer.ggml.add_space_prefix') ?? true;
  return {
    normalizer: {
      type: 'Sequence',
      normalizers: [
        ...(prefix ? [{ type: 'Prepend', prepend: space }] : []),
        { type: 'Replace', pattern: { String: ' ' }, content: space },
      ],
    },
    pre_tokenizer: wordsApart(pieces.keys()) ? cutBeforeSpaces : null,
    decoder: {
      type: 'Sequence',
      decoders: [
        { type: 'Replace', pattern: { String: space }, content: ' ' },
        { type: 'ByteFallback' },
        { type: 'Fuse' },
        ...(prefix ? [{ type: 'Strip', content: ' ', start: 1, stop: 0 }] : []),
      ],
    },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: special.unknown === undefined ? null : tokens[special.unknown],
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: true,
      byte_fallback: types.includes(tokenTypes.byte),
      ignore_merges: false,
      vocab: Object.fromEntries(ids),
      merges,
      merge_ranks: ranks,
    },
    bos: true,
  };
}

/**
 * Whether no piece goes on after a word's end. Merges then stay within words, which may be read one by one and, as
 * words come again, from the library's cache: eight times as fast on a book.
 */
function wordsApart(pieces: Iterable<string>): boolean {
  const beyond = new RegExp(`[^${space}]${space}`);
  for (const piece of pieces) if (beyond.test(piece)) return false;
  return true;
}

function refuseNormalisation(reader: MetadataReader): void {
  const spaces = 'tokenizer.ggml.remove_extra_whitespaces';
  const characters = 'tokenizer.ggml.precompiled_charsmap';
  const found = reader.flag(spaces) ? spaces : reader.metadata.has(characters) ? characters : undefined;
  if (found === undefined) return;
  throw reader.unsupported(`${found} asks for sentencepiece's normalisation, which treekv does not do`, {
    key: found,
  });
}
