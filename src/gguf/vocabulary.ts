// The vocabulary of a GGUF file: tokens, what kind each is, and which of them have a duty. It is read once and
// checked here, so that tokenizers, chat templates and ends of text can index it without care.
import type { GgufNumbers } from './gguf.ts';
import type { MetadataReader } from './metadataReader.ts';

/** The numbers in `tokenizer.ggml.token_type`, as sentencepiece counts them; 0 is a normal token too. */
export const tokenTypes = { normal: 1, unknown: 2, control: 3, userDefined: 4, unused: 5, byte: 6 } as const;

/** Tokens with a duty; undefined where the model has none. */
export interface SpecialIds {
  readonly bos: number | undefined;
  readonly eos: number | undefined;
  /** End of a turn. */
  readonly eot: number | undefined;
  /** End of a message that calls a tool. */
  readonly eom: number | undefined;
  readonly unknown: number | undefined;
  readonly padding: number | undefined;
}

export interface Vocabulary {
  /** [V] */
  readonly tokens: readonly string[];
  /** [V] of `tokenTypes`; those of `endings` are control tokens. */
  readonly types: GgufNumbers;
  readonly special: SpecialIds;
  /** Tokens that end a text or a turn by their name. */
  readonly endings: readonly number[];
}

/**
 * Names of tokens that end a text or a turn whatever the file's ids and types say. A file has room for one
 * eos_token_id, and many name the end of a document where a chat ends a turn, or the other way round; and many call
 * these tokens normal or user-defined, with which a turn would never end and its end be spelled out in the answer.
 * llama.cpp goes by such names too. Not by name: `</s>`, `<eos>`, which are plain text or unused in vocabularies whose
 * texts end otherwise, and the tokens of infilling, which end nothing here. They need the file's id.
 */
const endingNames: ReadonlySet<string> = new Set([
  ...['<|im_end|>', '<|eot_id|>', '<|eom_id|>', '<|endoftext|>', '<|end_of_text|>', '<|end|>', '<|return|>'],
  ...['<|call|>', '<|end_of_turn|>', '<end_of_turn>', '<|END_OF_TURN_TOKEN|>', '<end_of_utterance>'],
  ...[
    '<｜end▁of▁sentence｜>',
    '<|end_of_sentence|>',
    '<EOT>',
    '▁<EOT>',
    '_<EOT>',
    '<|EOT|>',
    '[EOT]',
    '[EOS]',
  ],
]);

/** Where both of these are, an answer is several messages, and `<|end|>` only ends one of them (Harmony). */
const endingMore = ['<|return|>', '<|call|>'] as const;

const keys = {
  bos: 'bos_token_id',
  eos: 'eos_token_id',
  eot: 'eot_token_id',
  eom: 'eom_token_id',
  unknown: 'unknown_token_id',
  padding: 'padding_token_id',
} as const;

/** Ids that a file of a sentencepiece vocabulary means where it says nothing, as llama.cpp reads it. */
const sentencePieceIds: Readonly<Record<string, number>> = { unknown: 0, bos: 1, eos: 2 };
/** How older converters write that a model has no such token: -1 as 32 bits. */
const none = [-1, 0xffffffff];

/** Reads and checks the vocabulary. Throws BAD_FILE. */
export function readVocabulary(reader: MetadataReader): Vocabulary {
  const tokensKey = 'tokenizer.ggml.tokens';
  const tokens = reader.required(tokensKey, reader.texts(tokensKey));
  if (tokens.length === 0) throw reader.bad(`${tokensKey} holds no token`, { key: tokensKey });
  const types = perToken(reader, 'tokenizer.ggml.token_type', tokens.length);
  const wrong = types.findIndex((type: number) => !(Number.isInteger(type) && type >= 0 && type <= 6));
  if (wrong >= 0) {
    throw reader.bad(`token ${wrong} is of type ${types[wrong]}; types go from 0 to 6`, {
      token: wrong,
      type: types[wrong],
    });
  }
  const endings = endingsOf(tokens);
  const fallback = reader.text('tokenizer.ggml.model') === 'llama' ? sentencePieceIds : {};
  const special = Object.fromEntries(
    Object.entries(keys).map(([name, key]) => [name, specialId(reader, key, tokens.length, fallback[name])]),
  );
  const asControl = types.slice();
  for (const id of endings) asControl[id] = tokenTypes.control;
  return { tokens, types: asControl, special: special as unknown as SpecialIds, endings };
}

/** Ids of the tokens that end by name. */
function endingsOf(tokens: readonly string[]): number[] {
  const found = [...tokens.keys()].filter((id) => endingNames.has(tokens[id]));
  const names = new Set(found.map((id) => tokens[id]));
  const several = endingMore.every((name) => names.has(name));
  return several ? found.filter((id) => tokens[id] !== '<|end|>') : found;
}

/** A list of as many numbers as there are tokens. Throws BAD_FILE. */
export function perToken(reader: MetadataReader, key: string, tokens: number): GgufNumbers {
  const numbers = reader.required(key, reader.numbers(key));
  if (numbers.length === tokens) return numbers;
  throw reader.bad(`${key} holds ${numbers.length} numbers, but there are ${tokens} tokens`, {
    key,
    length: numbers.length,
    tokens,
  });
}

/**
 * Ids by the text of their token, without those that stand for nothing: empty ones, and the unused with which
 * converters fill a vocabulary up. Throws BAD_FILE if two ids have the same text.
 */
export function idsByToken({ tokens, types }: Vocabulary, reader: MetadataReader): Map<string, number> {
  const ids = new Map<string, number>();
  for (const [id, token] of tokens.entries()) {
    if (token === '' || types[id] === tokenTypes.unused) continue;
    const other = ids.get(token);
    if (other !== undefined) {
      throw reader.bad(`tokens ${other} and ${id} are both ${JSON.stringify(token)}`, {
        token,
        ids: [other, id],
      });
    }
    ids.set(token, id);
  }
  return ids;
}

function specialId(
  reader: MetadataReader,
  name: string,
  tokens: number,
  fallback: number | undefined,
): number | undefined {
  const key = `tokenizer.ggml.${name}`;
  const id = reader.number(key);
  if (id === undefined) return fallback !== undefined && fallback < tokens ? fallback : undefined;
  if (none.includes(id)) return undefined;
  if (Number.isInteger(id) && id >= 0 && id < tokens) return id;
  throw reader.bad(`${key} is ${id}, but the ids of ${tokens} tokens end at ${tokens - 1}`, {
    key,
    id,
    tokens,
  });
}
