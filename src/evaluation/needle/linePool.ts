// Lines of a list, "key: value", drawn at random so that no key and no value comes twice. It knows how many tokens a
// line has, and nothing of the list.
import { type Random, TreekvError } from '../../core/index.ts';
import { type AnswerKind, drawFrom, drawValue, valuesOf } from './drawNeedle.ts';
import { adjectives, nouns } from './wordLists.ts';

/** A key and its value. */
export interface Line {
  readonly key: string;
  readonly value: string;
  /** Tokens that it has alone, its line break included. */
  readonly tokens: number;
}

/** Lines to draw from: no key and no value that is taken comes again. */
export class LinePool {
  private readonly random: Random;
  private readonly kind: AnswerKind;
  private readonly count: (text: string) => number;
  private readonly taken = new Set<string>();

  /** @param count tokens of a text. */
  constructor(random: Random, kind: AnswerKind, count: (text: string) => number) {
    this.random = random;
    this.kind = kind;
    this.count = count;
  }

  draw(): Line {
    const { random } = this;
    const key = this.free(() => `${drawFrom(random, adjectives)} ${drawFrom(random, nouns)}`);
    const value = this.free(() => drawValue(random, this.kind));
    return { key, value, tokens: this.count(written({ key, value })) };
  }

  /** Throws BAD_OPTION where few are left, since drawing one that is free would take ever longer. */
  take({ key, value }: Line): void {
    this.taken.add(key).add(value);
    const most = Math.floor(0.9 * Math.min(adjectives.length * nouns.length, valuesOf(this.kind)));
    if (this.taken.size <= 2 * most) return;
    const message = `A list may have at most ${most} lines with values of kind ${this.kind}; use a shorter length.`;
    throw new TreekvError('BAD_OPTION', message, { most, kind: this.kind });
  }

  giveBack(lines: readonly Line[]): void {
    for (const { key, value } of lines) {
      this.taken.delete(key);
      this.taken.delete(value);
    }
  }

  private free(draw: () => string): string {
    let word = draw();
    while (this.taken.has(word)) word = draw();
    return word;
  }
}

/** The line as a list has it. */
export function written({ key, value }: Pick<Line, 'key' | 'value'>): string {
  return `${key}: ${value}\n`;
}
