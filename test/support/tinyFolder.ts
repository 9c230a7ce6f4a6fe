// A complete model folder for tests of the library from outside: random weights, and a tokenizer with one
// token a character, so that every cut of a text falls between tokens. BOS 0, EOS 1, then printable ASCII.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Random } from '../../src/core/index.ts';
import { type TinyModelOptions, writeTinyModel } from '../../src/model/tinyModel.testing.ts';

const BOS = '<bos>';
const EOS = '<eos>';
const SPACE = 'Ġ'; // as byte-level tokenizers spell it

/** Characters of the vocabulary, ids from 2 on. */
export const characters = Array.from({ length: 94 }, (_, i) => String.fromCharCode(0x20 + i));

/** A text of random characters; the same for the same seed. */
export function randomText(length: number, seed: number): string {
  const random = new Random(seed);
  return Array.from({ length }, () => characters[Math.floor(random.next() * characters.length)]).join('');
}

/** Writes the folder. @param generationConfig content of generation_config.json. */
export async function writeTinyFolder(
  folder: string,
  options: TinyModelOptions = {},
  generationConfig: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  await mkdir(folder, { recursive: true });
  await writeTinyModel(folder, options);
  await writeFile(join(folder, 'tokenizer.json'), JSON.stringify(tokenizerDefinition()));
  await writeFile(join(folder, 'generation_config.json'), JSON.stringify(generationConfig));
  return folder;
}

function tokenizerDefinition(): object {
  const special = (content: string, id: number) => ({
    ...{ id, content, special: true },
    ...{ single_word: false, lstrip: false, rstrip: false, normalized: false },
  });
  const vocab = Object.fromEntries(
    [BOS, EOS, ...characters.map((character) => (character === ' ' ? SPACE : character))].map((t, id) => [
      t,
      id,
    ]),
  );
  const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false };
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [special(BOS, 0), special(EOS, 1)],
    normalizer: null,
    pre_tokenizer: byteLevel,
    post_processor: {
      type: 'TemplateProcessing',
      single: [{ SpecialToken: { id: BOS, type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
      pair: [{ Sequence: { id: 'A', type_id: 0 } }, { Sequence: { id: 'B', type_id: 0 } }],
      special_tokens: { [BOS]: { id: BOS, ids: [0], tokens: [BOS] } },
    },
    decoder: byteLevel,
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      vocab,
      merges: [],
    },
  };
}
