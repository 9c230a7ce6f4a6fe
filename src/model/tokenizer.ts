// Text to token ids and back, after a Hugging Face tokenizer.json. The work is @huggingface/tokenizers';
// this adds what a cache that outlives a prompt needs: ids as Int32Array, special tokens left to the caller
// (a text may arrive in pieces, and BOS belongs to the first one only), and a clear error for a bad file.
import { join } from 'node:path';
import { Tokenizer } from '@huggingface/tokenizers';
import { TreekvError } from '../core/index.ts';
import { readJson } from './readJson.ts';

/** Encodes and decodes text for one model. */
export class TextTokenizer {
  /** The token that begins a text, or undefined where the model was trained without. */
  readonly bosId: number | undefined;
  private readonly tokenizer: Tokenizer;

  constructor(tokenizer: Tokenizer, bosId: number | undefined) {
    this.tokenizer = tokenizer;
    this.bosId = bosId;
  }

  /** Token ids of a text, without special tokens of our own; special tokens spelled out in it count as such. */
  encode(text: string): Int32Array {
    return Int32Array.from(this.tokenizer.encode(text, { add_special_tokens: false }).ids);
  }

  /** Ids with BOS in front, unless the model has none or they begin with it already. */
  withBos(ids: Int32Array): Int32Array {
    if (this.bosId === undefined || ids[0] === this.bosId) return ids;
    const all = new Int32Array(ids.length + 1);
    all[0] = this.bosId;
    all.set(ids, 1);
    return all;
  }

  /** Text of token ids, special tokens left out; bytes that are no whole character become U+FFFD. */
  decode(ids: ArrayLike<number>): string {
    if (ids.length === 0) return '';
    return this.tokenizer.decode(Array.from(ids), {
      skip_special_tokens: true,
      clean_up_tokenization_spaces: false,
    });
  }
}

/**
 * Opens the tokenizer of a model folder: tokenizer.json, and tokenizer_config.json where there is one.
 * Throws FILE_NOT_FOUND or BAD_FILE.
 */
export async function openTokenizer(folder: string): Promise<TextTokenizer> {
  const file = join(folder, 'tokenizer.json');
  const definition = await readJson(file, 'A model folder needs it beside config.json; download it too.');
  const config = (await readJson(join(folder, 'tokenizer_config.json'))) ?? {};
  try {
    const tokenizer = new Tokenizer(definition as object, config);
    // What the tokenizer itself puts before a text says whether the model was trained with BOS.
    const [plain] = tokenizer.encode('a', { add_special_tokens: false }).ids;
    const [front] = tokenizer.encode('a', { add_special_tokens: true }).ids;
    return new TextTokenizer(tokenizer, front === plain ? undefined : front);
  } catch (cause) {
    const words = cause instanceof Error ? cause.message : String(cause);
    throw new TreekvError(
      'BAD_FILE',
      `${file} is not a tokenizer that can be read: ${words}. Download the file again.`,
      { file },
      { cause },
    );
  }
}
