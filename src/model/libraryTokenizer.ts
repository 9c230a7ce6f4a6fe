// @huggingface/tokenizers, brought to read a tokenizer.json as Python's `tokenizers` does. Where the two differ
// text would become other tokens than the model was trained on; test/fixtures/tokenizers/ holds texts that show
// it. What cannot be brought into line is refused.
import { Tokenizer } from '@huggingface/tokenizers';
import { AddedTokens } from './addedTokens.ts';
import { inLibraryTerms } from './libraryTerms.ts';

type Json = Readonly<Record<string, unknown>>;

/** What is touched of an open tokenizer. */
interface Opened {
  /** `bpe_ranks`: by pair, as JSON. */
  readonly model: { readonly bpe_ranks?: Map<string, number> };
  readonly decoder: (OpenedDecoder & { readonly decoders?: readonly (OpenedDecoder | null)[] }) | null;
}

interface OpenedDecoder {
  readonly config: { readonly type: string };
  text_decoder?: InstanceType<typeof TextDecoder>;
}

/**
 * The library's tokenizer of a tokenizer.json that says everything by itself. `model.merge_ranks`, treekv's own entry,
 * holds the rank of each merge where it is not its index; merges of one rank join from the left. Throws
 * UNSUPPORTED, and whatever the library throws at a damaged definition.
 */
export function libraryTokenizer(definition: Json, file: string): Tokenizer {
  const tokenizer = new Tokenizer(inLibraryTerms(definition, file), {});
  shareRanks(tokenizer, definition);
  keepByteOrderMarks(tokenizer);
  findAddedTokens(tokenizer);
  return tokenizer;
}

/** The library knows no words and only JavaScript's white space, and looks for all added tokens at once. */
function findAddedTokens(tokenizer: Tokenizer): void {
  const { normalizer, pre_tokenizer: preTokenizer, model } = tokenizer;
  const added = new AddedTokens(tokenizer.added_tokens, (text) => normalizer?.normalize(text) ?? text);
  const readable = readableWords(tokenizer);
  tokenizer.encode_text = (text: string | null): string[] | null => {
    if (text === null) return null;
    return added.split(text).flatMap(({ text: piece, token, first }) => {
      if (token !== undefined) return [token.content];
      // the library takes a section's index to know whether it begins the text
      const words = preTokenizer?.pre_tokenize(piece, { section_index: first ? 0 : 1 }) ?? [piece];
      // one by one: what is unknown in two words is never fused
      return words.flatMap((word: string) => model([readable(word)]));
    });
  };
}

/** A word without the characters that Python drops before it merges: those that no token stands for. */
function readableWords({ model }: Tokenizer): (word: string) => string {
  const { tokens_to_ids: ids, config } = model;
  if (typeof config.unk_token === 'string' || config.byte_fallback === true) return (word) => word;
  return (word) => {
    if (config.ignore_merges === true && ids.has(word)) return word;
    const letters = [...word];
    return letters.every((letter) => ids.has(letter)) ? word : letters.filter((one) => ids.has(one)).join('');
  };
}

function shareRanks({ model }: Opened, definition: Json): void {
  const ranks = isJson(definition.model) ? definition.model.merge_ranks : undefined;
  if (!Array.isArray(ranks)) return;
  for (const [pair, index] of model.bpe_ranks ?? []) model.bpe_ranks?.set(pair, ranks[index]);
}

/** The library drops a U+FEFF that was spelled out in byte tokens. */
function keepByteOrderMarks({ decoder }: Opened): void {
  for (const part of decoder?.decoders ?? [decoder]) {
    if (part?.config.type === 'ByteFallback')
      part.text_decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  }
}

function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
