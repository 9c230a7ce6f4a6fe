// Token ids to pieces of text as they come. A token may be part of a character (byte-level tokenizers cut
// UTF-8 anywhere), so text is held back while it ends in U+FFFD; and part of a stop text, so text is held
// back while it could still become one. Each token decodes a short window, never the whole answer: the cost
// is linear in the answer's length.
import type { TextTokenizer } from '../model/index.ts';

const REPLACEMENT = '\uFFFD';
/** Tokens to wait for the rest of a character; after as many, U+FFFD is mostly what the text really says. */
const PATIENCE = 16;
/** A character of UTF-8 has four bytes at most, so one that is not whole lies in so many tokens at most. */
const MOST_CUT = 3;

/** Decodes one stream of tokens. */
export class TextStream {
  private readonly tokenizer: TextTokenizer;
  private readonly stops: readonly string[];
  // A tokenizer may put a space before a word depending on what precedes: decoded text is the difference
  // between the window with and without its older half.
  private before: number[] = [];
  private pending: number[] = [];
  private held = '';
  /** Whether a stop text was met; nothing comes out after it. */
  stopped = false;

  /**
   * @param pending tokens of an earlier stream whose text was not complete.
   * @param before tokens of the text that goes on here, the last one is enough: they decide on a first space.
   */
  constructor(
    tokenizer: TextTokenizer,
    stops: readonly string[],
    pending: readonly number[] = [],
    before: readonly number[] = [],
  ) {
    this.tokenizer = tokenizer;
    this.stops = stops;
    this.pending = [...pending];
    this.before = [...before];
  }

  /** Tokens whose text is not complete yet. */
  get pendingIds(): readonly number[] {
    return this.pending;
  }

  /** The text that a token completes; often a word, '' while something is held back. */
  push(id: number): string {
    this.pending.push(id);
    const context = this.tokenizer.decode(this.before);
    const text = this.tokenizer.decode([...this.before, ...this.pending]);
    if (!text.endsWith(REPLACEMENT)) return this.advance(this.pending.length, context, text);
    if (this.pending.length < PATIENCE) return '';
    // The last tokens may yet become a character: what comes out must end where they begin.
    for (let kept = MOST_CUT; kept > 0; kept--) {
      const length = this.pending.length - kept;
      const beginning = this.tokenizer.decode([...this.before, ...this.pending.slice(0, length)]);
      if (text.startsWith(beginning)) return this.advance(length, context, beginning);
    }
    return this.advance(this.pending.length, context, text);
  }

  /** What was held back for a stop text that did not come. An incomplete character stays pending. */
  finish(): string {
    const rest = this.stopped ? '' : this.held;
    this.held = '';
    return rest;
  }

  /** Moves the window past the first `length` pending tokens; `text` is what it says with them. */
  private advance(length: number, context: string, text: string): string {
    this.before = this.pending.slice(0, length);
    this.pending = this.pending.slice(length);
    return this.release(this.held + text.slice(context.length));
  }

  private release(text: string): string {
    let cut = -1;
    for (const stop of this.stops) {
      const at = text.indexOf(stop);
      if (at >= 0 && (cut < 0 || at < cut)) cut = at;
    }
    if (cut >= 0) {
      this.stopped = true;
      this.held = '';
      return text.slice(0, cut);
    }
    const hold = this.longestBeginning(text);
    this.held = text.slice(text.length - hold);
    return text.slice(0, text.length - hold);
  }

  /** Length of the longest end of `text` that is the beginning of a stop text. */
  private longestBeginning(text: string): number {
    let longest = 0;
    for (const stop of this.stops) {
      for (let length = Math.min(stop.length - 1, text.length); length > longest; length--) {
        if (stop.startsWith(text.slice(text.length - length))) longest = length;
      }
    }
    return longest;
  }
}
