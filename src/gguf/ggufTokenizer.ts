// The tokenizer of a GGUF file as the objects of a tokenizer.json and a tokenizer_config.json. A file holds the
// vocabulary, and names or implies what a tokenizer.json spells out: how text is cut, normalised and put together
// again. Byte-level BPE (`gpt2`) and sentencepiece's BPE (`llama`) are known, others are refused by name.
import { bytePairModel } from './bytePairModel.ts';
import type { GgufMetadata } from './gguf.ts';
import { MetadataReader } from './metadataReader.ts';
import { sentencePieceModel } from './sentencePieceModel.ts';
import { specialTokens } from './specialTokens.ts';
import { readVocabulary, tokenTypes, type Vocabulary } from './vocabulary.ts';

/** What `textTokenizer` of model/ opens. */
export interface GgufTokenizer {
  /** A tokenizer.json; `model.merge_ranks` is treekv's own, see `tokenizerModel.ts`. */
  readonly tokenizer: Readonly<Record<string, unknown>>;
  /** A tokenizer_config.json. */
  readonly config: Readonly<Record<string, unknown>>;
}

const kinds = new Map([
  ['gpt2', bytePairModel],
  ['llama', sentencePieceModel],
]);

/** Reads the tokenizer. Throws BAD_FILE or UNSUPPORTED, with `file` as the name. */
export function ggufTokenizer(metadata: GgufMetadata, file: string): GgufTokenizer {
  const reader = new MetadataReader(metadata, file);
  const key = 'tokenizer.ggml.model';
  const kind = reader.required(key, reader.text(key));
  const toModel = kinds.get(kind);
  if (toModel === undefined) {
    const known = [...kinds.keys()].join(' and ');
    throw reader.unsupported(`${key} ${JSON.stringify(kind)} is not supported; treekv reads ${known}`, {
      kind,
    });
  }
  const vocabulary = readVocabulary(reader);
  const { bos, ...parts } = toModel(vocabulary, reader);
  return {
    tokenizer: {
      version: '1.0',
      truncation: null,
      padding: null,
      added_tokens: addedTokens(vocabulary),
      post_processor: front(vocabulary, bos, reader),
      ...parts,
    },
    config: { ...specialTokens(vocabulary), clean_up_tokenization_spaces: false },
  };
}

/** Tokens that are found in text before it is cut: control tokens are left out of decoded text, others are not. */
function addedTokens({ tokens, types }: Vocabulary): object[] {
  return tokens.flatMap((content, id) => {
    const special = types[id] === tokenTypes.control || types[id] === tokenTypes.unknown;
    if (content === '' || (!special && types[id] !== tokenTypes.userDefined)) return [];
    return [{ id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special }];
  });
}

/** Which token begins a text. What the file says goes before what its kind of tokenizer usually does. */
function front({ tokens, special }: Vocabulary, bos: boolean, reader: MetadataReader): object | null {
  if (reader.flag('tokenizer.ggml.add_eos_token') === true) {
    // A text is read in pieces and gone on from: it has a beginning, but no end.
    throw reader.unsupported('tokenizer.ggml.add_eos_token true is not supported; convert it with false', {});
  }
  if (!(reader.flag('tokenizer.ggml.add_bos_token') ?? bos)) return null;
  const number = reader.required('tokenizer.ggml.bos_token_id', special.bos);
  const id = tokens[number];
  const sequence = (name: string) => [
    { SpecialToken: { id, type_id: 0 } },
    { Sequence: { id: name, type_id: 0 } },
  ];
  return {
    type: 'TemplateProcessing',
    single: sequence('A'),
    pair: [...sequence('A'), ...sequence('B')],
    special_tokens: { [id]: { id, ids: [number], tokens: [id] } },
  };
}
