// Token ids to pieces of text as they come. A token may be part of a character (byte-level tokenizers cut
// UTF-8 anywhere), so text is held back while it ends in U+FFFD; and part of a stop text, so text is held
// back while it could still become one. Each token decodes a short window, never the whole answer: the cost
// is linear in the answer's length.
import type { TextTokenizer } from '../model/index.ts';

const REPLACEMENT = '\uFFFD';
/** Tokens to wait for the rest of a character; after as many, U+FFFD is what the text really says. */
const PATIENCE = 16;

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

  constructor(tokenizer: TextTokenizer, stops: readonly string[], pending: readonly number[] = []) {
    this.tokenizer = tokenizer;
    this.stops = stops;
    this.pending = [...pending];
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
    const incomplete = text.endsWith(REPLACEMENT) && this.pending.length < PATIENCE;
    if (incomplete) return '';
    this.before = this.pending;
    this.pending = [];
    return this.release(this.held + text.slice(context.length));
  }

  /** What was held back for a stop text that did not come. An incomplete character stays pending. */
  finish(): string {
    const rest = this.stopped ? '' : this.held;
    this.held = '';
    return rest;
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
