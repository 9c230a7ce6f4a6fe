// Tokens as the text that LongBench's pred.py would have: it decodes with transformers, which cleans up the spaces before
// punctuation and English contractions where the model's tokenizer_config.json says so. Every other part of treekv
// decodes word for word.
import type { TextTokenizer } from '../../model/index.ts';

/** The replacements of transformers' `clean_up_tokenization`, in its order, each everywhere in the text. */
const replacements: readonly (readonly [string, string])[] = [
  [' .', '.'],
  [' ?', '?'],
  [' !', '!'],
  [' ,', ','],
  [" ' ", "'"],
  [" n't", "n't"],
  [" 'm", "'m"],
  [" 's", "'s"],
  [" 've", "'ve"],
  [" 're", "'re"],
];

/** The text, special tokens left out. @param ids [n] */
export function decodeText(
  tokenizer: Pick<TextTokenizer, 'decode' | 'cleansUpSpaces'>,
  ids: ArrayLike<number>,
): string {
  const text = tokenizer.decode(ids);
  if (!tokenizer.cleansUpSpaces) return text;
  return replacements.reduce((cleaned, [from, to]) => cleaned.replaceAll(from, to), text);
}
