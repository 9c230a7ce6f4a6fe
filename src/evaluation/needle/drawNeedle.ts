// What is hidden: an answer, drawn at random, and the words around it. Two kinds. `number` is the five-digit pass
// key that the literature uses; `name` is a surname, which a small model that has read only novels can copy where
// it cannot copy digits. It knows neither the text that it is hidden in nor tokens.
import type { Random } from '../../core/index.ts';
import { firstNames, surnames } from './wordLists.ts';

/** `number`: five digits; `name`: a surname, or in a list a whole name. */
export type AnswerKind = 'number' | 'name';

/** The kinds. */
export const answerKinds: readonly AnswerKind[] = ['number', 'name'];

/** Numbers of five digits. */
const NUMBERS = 90_000;

/** One of the items, drawn. */
export function drawFrom<Item>(random: Random, items: readonly Item[]): Item {
  return items[Math.floor(random.next() * items.length)];
}

/** The answer to a pass key's question. */
export function drawAnswer(random: Random, kind: AnswerKind): string {
  return kind === 'number' ? drawNumber(random) : drawFrom(random, surnames);
}

/** The value of a line in a list, which is long: a name is a whole one, so that there are enough. */
export function drawValue(random: Random, kind: AnswerKind): string {
  if (kind === 'number') return drawNumber(random);
  return `${drawFrom(random, firstNames)} ${drawFrom(random, surnames)}`;
}

/** How many values there are. */
export function valuesOf(kind: AnswerKind): number {
  return kind === 'number' ? NUMBERS : firstNames.length * surnames.length;
}

function drawNumber(random: Random): string {
  return String(10_000 + Math.floor(random.next() * NUMBERS));
}
