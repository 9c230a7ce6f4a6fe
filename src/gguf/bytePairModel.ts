// Byte-level BPE (GPT-2, Llama 3, Qwen, SmolLM): the merges stand in the file, and tokens are spelled in GPT-2's
// alphabet of one letter a byte. `tokenizer.ggml.add_space_prefix` says nothing here, in llama.cpp neither.
import type { MetadataReader } from './metadataReader.ts';
import { preTokenizer } from './preTokenizers.ts';
import type { TokenizerModel } from './tokenizerModel.ts';
import { idsByToken, type Vocabulary } from './vocabulary.ts';

/** The parts of a byte-level tokenizer.json. Throws BAD_FILE or UNSUPPORTED. */
export function bytePairModel(vocabulary: Vocabulary, reader: MetadataReader): TokenizerModel {
  const { splits, composed, wholeTokens, bos } = preTokenizer(reader);
  const ids = idsByToken(vocabulary, reader);
  return {
    normalizer: composed ? { type: 'NFC' } : null,
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        ...splits.map((regex) => ({
          type: 'Split',
          pattern: { Regex: regex },
          behavior: 'Isolated',
          invert: false,
        })),
        { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false },
      ],
    },
    decoder: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: wholeTokens,
      vocab: Object.fromEntries(ids),
      merges: readMerges(ids, reader),
    },
    bos,
  };
}

/** Pairs, best first. A merge with a part that is no token would lose text. */
function readMerges(ids: ReadonlyMap<string, number>, reader: MetadataReader): [string, string][] {
  const key = 'tokenizer.ggml.merges';
  return reader.required(key, reader.texts(key)).map((merge, index) => {
    // The first letter is always of the left part, even were it a space.
    const space = merge.indexOf(' ', 1);
    const [left, right] = space < 0 ? [merge, ''] : [merge.slice(0, space), merge.slice(space + 1)];
    const lost = [left, right, left + right].find((part) => !ids.has(part));
    if (lost === undefined) return [left, right];
    throw reader.bad(
      `merge ${index} is ${JSON.stringify(merge)}, but ${JSON.stringify(lost)} is not a token`,
      { key, index, merge },
    );
  });
}
