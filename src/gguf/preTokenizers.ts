// How byte-level tokenizers cut text before they merge. A GGUF file names the way (`tokenizer.ggml.pre`, names of
// llama.cpp) and leaves out the rest; here each name stands for what the models' own tokenizer.json say, also
// where llama.cpp comes only near to it (composed forms of Qwen, marks of Tekken). A name that is not listed is
// refused: cut in the wrong places, text still becomes tokens, but not the model's.
import type { MetadataReader } from './metadataReader.ts';

/** What a name stands for. */
export interface PreTokenizer {
  /** Regular expressions in Oniguruma's dialect; each cuts further what those before it left. */
  readonly splits: readonly string[];
  /** Text is brought into Unicode's composed form first. */
  readonly composed: boolean;
  /** A cut that is a token as a whole is taken as it is, whatever the merges say. */
  readonly wholeTokens: boolean;
  /** Texts begin with BOS where the file does not say. */
  readonly bos: boolean;
}

// Case is spelled out because (?i:s) means U+017F too, in Oniguruma but not in JavaScript.
const anyCase = "'(?:[sS\\u017F]|[tT]|[rR][eE]|[vV][eE]|[mM]|[lL][lL]|[dD])";
const rest = ' ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+';
const gpt2 = "'(?:s|t|re|ve|m|ll|d)| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";
/** GPT-4's, with digits in groups of up to three or one by one. */
const gpt4 = (digits: string) => `${anyCase}|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|${digits}|${rest}`;
const upper = '[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]';
const lower = '[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]';
const before = '[^\\r\\n\\p{L}\\p{N}]?';
const tekken =
  `${before}${upper}*${lower}+|${before}${upper}+${lower}*|\\p{N}|` +
  ' ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+';

const plain = { composed: false, wholeTokens: false, bos: false };
const ofGpt2: PreTokenizer = { ...plain, splits: [gpt2] };
const ofStarCoder: PreTokenizer = { ...plain, splits: ['\\p{N}', gpt2] };
const ofSmaug: PreTokenizer = { ...plain, splits: [gpt4('\\p{N}{1,3}')] };
const ofLlama3: PreTokenizer = { ...ofSmaug, wholeTokens: true, bos: true };
const ofQwen2: PreTokenizer = { ...plain, splits: [gpt4('\\p{N}')], composed: true };

const preTokenizers: ReadonlyMap<string, PreTokenizer> = new Map([
  // What llama.cpp does for models that it does not know; no model's own.
  ['default', { ...plain, splits: ['[\\p{P}\\$\\+<=>\\^~\\|]+', gpt2, '\\p{N}+', '[0-9][0-9][0-9]'] }],
  ['gpt-2', ofGpt2],
  ['smollm', ofStarCoder],
  ['starcoder', ofStarCoder],
  ['refact', ofStarCoder],
  ['llama-bpe', ofLlama3],
  ['llama3', ofLlama3],
  ['llama-v3', ofLlama3],
  ['smaug-bpe', ofSmaug],
  ['qwen2', ofQwen2],
  ['deepseek-r1-qwen', ofQwen2],
  ['tekken', { splits: [tekken], composed: false, wholeTokens: true, bos: true }],
]);

/** The way that the file names. Throws UNSUPPORTED for one that is unknown or not named. */
export function preTokenizer(reader: MetadataReader): PreTokenizer {
  const key = 'tokenizer.ggml.pre';
  const name = reader.text(key);
  const found = preTokenizers.get(name ?? '');
  if (found !== undefined) return found;
  if (name === undefined) {
    throw reader.unsupported(
      `${key} is absent, so how to cut text is unknown; the file is from before May 2024. ` +
        'Use a newer conversion of the model.',
      { key },
    );
  }
  const known = [...preTokenizers.keys()].join(', ');
  throw reader.unsupported(
    `${key} ${JSON.stringify(name)} is not supported; treekv knows ${known}. ` +
      "Use the model's own folder, with its tokenizer.json.",
    { key, name },
  );
}
