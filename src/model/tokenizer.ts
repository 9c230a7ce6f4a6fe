// Text to token ids and back, after a Hugging Face tokenizer.json. The work is @huggingface/tokenizers';
// this adds what a cache that outlives a prompt needs: ids as Int32Array, special tokens left to the caller
// (a text may arrive in pieces, and BOS belongs to the first one only), and a clear error for a bad file.
import { join } from 'node:path';
import type { Tokenizer } from '@huggingface/tokenizers';
import { TreekvError } from '../core/index.ts';
import { libraryTokenizer } from './libraryTokenizer.ts';
import { readJson } from './readJson.ts';
import { readTokenizerConfig } from './specialTokenTexts.ts';
import { obeyTokenizerFlags } from './tokenizerFlags.ts';

/** Encodes and decodes text for one model. */
export class TextTokenizer {
  /** The token that begins a text, or undefined where the model was trained without. */
  readonly bosId: number | undefined;
  /** Whether transformers' decoding cleans up the spaces of this model's texts; `decode` never does. */
  readonly cleansUpSpaces: boolean;
  private readonly tokenizer: Tokenizer;
  private readonly file: string;

  /** @internal @param file named in errors; some damage shows only in certain texts. */
  constructor(
    tokenizer: Tokenizer,
    bosId: number | undefined,
    file = 'tokenizer.json',
    cleansUpSpaces = false,
  ) {
    this.cleansUpSpaces = cleansUpSpaces;
    this.tokenizer = tokenizer;
    this.bosId = bosId;
    this.file = file;
  }

  /** Ids of the special tokens by their text: `decode` leaves them out. */
  specialTokens(): ReadonlyMap<string, number> {
    const added = [...this.tokenizer.get_added_tokens_decoder()];
    return new Map(added.flatMap(([id, { content, special }]) => (special ? [[content, id]] : [])));
  }

  /**
   * Token ids of a text, without special tokens of our own; special tokens spelled out in it count as such.
   * Throws BAD_FILE where the tokenizer turns out to be damaged.
   */
  encode(text: string): Int32Array {
    return Int32Array.from(encode(this.tokenizer, text, false, this.file));
  }

  /** Ids with BOS in front, unless the model has none or they begin with it already. */
  withBos(ids: Int32Array): Int32Array {
    if (this.bosId === undefined || ids[0] === this.bosId) return ids;
    const all = new Int32Array(ids.length + 1);
    all[0] = this.bosId;
    all.set(ids, 1);
    return all;
  }

  /**
   * Text of token ids, special tokens and ids without a token left out; bytes that are no whole character become
   * U+FFFD. Throws BAD_FILE where the tokenizer turns out to be damaged.
   */
  decode(ids: ArrayLike<number>): string {
    const known = Array.from(ids).filter((id) => this.tokenizer.id_to_token(id) !== undefined);
    if (known.length === 0) return '';
    return orBadFile(this.file, () =>
      this.tokenizer.decode(known, { skip_special_tokens: true, clean_up_tokenization_spaces: false }),
    );
  }
}

/**
 * Opens the tokenizer of a model folder: tokenizer.json, as the other files beside it change it.
 * Throws FILE_NOT_FOUND, BAD_FILE or UNSUPPORTED.
 */
export async function openTokenizer(folder: string): Promise<TextTokenizer> {
  const file = join(folder, 'tokenizer.json');
  const definition = await readJson(file, 'A model folder needs it beside config.json; download it too.');
  const config = await readTokenizerConfig(folder);
  const added = (await readJson(join(folder, 'added_tokens.json'))) ?? {};
  return textTokenizer(obeyTokenizerFlags({ definition, config, added }, file), config, file);
}

/**
 * A tokenizer of a parsed tokenizer.json; `file` names it in errors. Of the config only
 * `clean_up_tokenization_spaces` counts here. Throws BAD_FILE or UNSUPPORTED.
 */
export function textTokenizer(
  definition: Readonly<Record<string, unknown>>,
  config: Readonly<Record<string, unknown>>,
  file: string,
): TextTokenizer {
  const tokenizer = orBadFile(file, () => libraryTokenizer(definition, file));
  // What the tokenizer itself puts before a text says whether the model was trained with BOS.
  const plain = encode(tokenizer, 'a', false, file);
  const framed = encode(tokenizer, 'a', true, file);
  const bosId = framed.length === plain.length ? undefined : framed[0];
  const expected = bosId === undefined ? plain : [bosId, ...plain];
  if (String(framed) !== String(expected)) {
    // A text is read in pieces and gone on from: it has a beginning, but no end.
    const words = 'its post-processor puts more than one token before a text, or any behind it';
    throw new TreekvError('UNSUPPORTED', `${file}: ${words}, which is not supported.`, { file, framed });
  }
  return new TextTokenizer(tokenizer, bosId, file, config.clean_up_tokenization_spaces === true);
}

function encode(tokenizer: Tokenizer, text: string, special: boolean, file: string): number[] {
  const ids: number[] = orBadFile(file, () => tokenizer.encode(text, { add_special_tokens: special }).ids);
  const wrong = ids.findIndex((id) => !(Number.isInteger(id) && id >= 0 && id <= 0x7fffffff));
  if (wrong < 0) return ids;
  throw badFile(file, `a token has the id ${JSON.stringify(ids[wrong])}`);
}

/** What the library throws is the file's fault: it is given nothing else. */
function orBadFile<Value>(file: string, work: () => Value): Value {
  try {
    return work();
  } catch (cause) {
    if (cause instanceof TreekvError) throw cause;
    throw badFile(file, cause instanceof Error ? cause.message : String(cause), cause);
  }
}

function badFile(file: string, words: string, cause?: unknown): TreekvError {
  return new TreekvError(
    'BAD_FILE',
    `${file} is not a tokenizer that can be read: ${words}. Download the file again.`,
    { file },
    { cause },
  );
}
