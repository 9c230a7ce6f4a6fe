// What LongBench makes of an answer before its words are counted (after SQuAD's evaluation): lower case, no ASCII
// punctuation, no articles, single spaces. In this order, so that "the-an" becomes the word "thean".
import { splitWhiteSpace } from './pythonText.ts';

const PUNCTUATION = /[!-/:-@[-`{-~]/g;
// Python's \b knows the letters of all scripts; JavaScript's does not, even with the flag u.
const ARTICLE = /(?<![\p{L}\p{N}_])(?:a|an|the)(?![\p{L}\p{N}_])/gu;

/** The words of an answer; a word that is an article is gone. */
export function answerWords(text: string): string[] {
  const plain = text.toLowerCase().replace(PUNCTUATION, '');
  return splitWhiteSpace(plain.replace(ARTICLE, ' '));
}

/** The answer in its normal form. */
export function normaliseAnswer(text: string): string {
  return answerWords(text).join(' ');
}
