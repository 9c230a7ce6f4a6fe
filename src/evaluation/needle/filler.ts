// The text that a pass key is hidden in: a given one as it is, or neutral sentences of our own in random order.
// `fitStretch` cuts a stretch of it so that the prompt around it comes to an exact number of tokens. A stretch ends
// where a sentence ends, and begins with a whole word; the word is searched for, since a tokenizer's count of a text
// is not the sum of its parts. It knows nothing of what is hidden.
import { Random } from '../../core/index.ts';
import type { TextTokenizer } from '../../model/index.ts';
import { drawFrom } from './drawNeedle.ts';
import { sentenceEnds } from './sentenceEnds.ts';

/** A text to hide something in. */
export interface Filler {
  readonly text: string;
  /** Offsets just behind its sentences, ascending. */
  readonly ends: readonly number[];
  /** Of its beginning; for first guesses. */
  readonly charactersPerToken: number;
}

/** A stretch of a filler. */
export interface Stretch {
  readonly text: string;
  /** Offsets in it at which something may be inserted: its beginning, and the ends of its sentences. */
  readonly places: readonly number[];
}

/** Our own sentences: they say nothing, in common words, which have one token each in most vocabularies. */
export const neutralSentences: readonly string[] = [
  'The road was long and the sky was grey.',
  'Nobody came by that day.',
  'The grass was green, and the river was slow.',
  'There was a wall on the left side of the road, and a field on the right.',
  'The wind was not cold.',
  'It was quiet for a time, and then it was quiet again.',
  'A bird sat on a tree.',
  'The hills were far away, and the clouds above them did not move.',
  'Some of the stones were small and some of them were large.',
  'Then the sun came out.',
];

const SAMPLE = 20_000;
const TRIES = 12;

/** Neutral sentences, always in the same random order, enough for a prompt of `tokens` tokens. */
export function neutralText(tokens: number): string {
  const random = new Random(0);
  const sentences: string[] = [];
  // A token of English has some four characters: this leaves stretches to choose from.
  for (let left = 10 * tokens; left > 0; left -= sentences[sentences.length - 1].length) {
    sentences.push(drawFrom(random, neutralSentences));
  }
  return sentences.join(' ');
}

/** A text as filler. */
export function openFiller(text: string, tokenizer: TextTokenizer): Filler {
  const beginning = text.slice(0, SAMPLE);
  const charactersPerToken = beginning.length / Math.max(1, tokenizer.encode(beginning).length);
  return { text, ends: sentenceEnds(text), charactersPerToken };
}

/**
 * The stretch that ends at `end` and has `target` tokens by `count`; undefined if no word begins where it would
 * have to, or the text begins later.
 * @param count tokens that a stretch makes. @param tokens of a part alone, to step by.
 */
export function fitStretch(
  { text, ends, charactersPerToken }: Filler,
  end: number,
  target: number,
  count: (stretch: Stretch) => number,
  tokens: (part: string) => number,
): Stretch | undefined {
  const stretchFrom = (start: number): Stretch => ({
    text: text.slice(start, end),
    places: [0, ...ends.filter((place) => place > start && place <= end).map((place) => place - start)],
  });
  let start = wordBefore(text, Math.max(0, end - Math.round(target * charactersPerToken)));
  const tried = new Set<number>();
  while (start < end && !tried.has(start) && tried.size < TRIES) {
    tried.add(start);
    const stretch = stretchFrom(start);
    const gap = target - count(stretch);
    if (gap === 0) return stretch;
    start = gap > 0 ? backBy(text, start, gap, tokens) : forwardBy(text, start, end, -gap, tokens);
  }
  return undefined;
}

/** The earliest word so that the words from it to `start` have at most `gap` tokens; at least one word back. */
function backBy(text: string, start: number, gap: number, tokens: (part: string) => number): number {
  let from = wordBefore(text, Math.max(0, start - 1));
  let left = gap - tokens(partOf(text, from, start));
  while (from > 0) {
    const word = wordBefore(text, from - 1);
    left -= tokens(partOf(text, word, from));
    if (left < 0) break;
    from = word;
  }
  return from;
}

/** A word as it stands in a text: behind a space, which is part of its tokens. */
function partOf(text: string, from: number, to: number): string {
  return ` ${text.slice(from, to).trimEnd()}`;
}

/** The first word so that the words before it, from `start` on, have at least `gap` tokens. */
function forwardBy(
  text: string,
  start: number,
  end: number,
  gap: number,
  tokens: (part: string) => number,
): number {
  let left = gap;
  let from = start;
  while (left > 0 && from < end) {
    const next = wordAfter(text, from);
    left -= tokens(partOf(text, from, next));
    from = next;
  }
  return from;
}

/** The beginning of the word that holds `offset` or stands before it. */
function wordBefore(text: string, offset: number): number {
  let at = offset;
  while (at > 0 && isSpace(text, at)) at--;
  while (at > 0 && !isSpace(text, at - 1)) at--;
  return at;
}

/** The beginning of the next word; the text's length behind the last one. */
function wordAfter(text: string, offset: number): number {
  let at = offset;
  while (at < text.length && !isSpace(text, at)) at++;
  while (at < text.length && isSpace(text, at)) at++;
  return at;
}

function isSpace(text: string, at: number): boolean {
  return /\s/.test(text[at]);
}
