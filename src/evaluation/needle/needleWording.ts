// The sentences around an answer: what announces it, what hides it, and what asks for it. Two ways to ask.
// `question` is for models that follow an instruction. `repeat` is for models that only continue texts: the
// passage that held the answer occurs again and is cut where the answer stood, so that a model which has learnt
// to go on as the text went on before (induction) can give it. Nothing here knows lengths or tokens.
import type { AnswerKind } from './drawNeedle.ts';

/** How the answer is asked for. */
export type Ask = 'question' | 'repeat';

/** The ways. */
export const asks: readonly Ask[] = ['question', 'repeat'];

/** The words of a prompt; an answer follows `lead`, behind a space. */
export interface Wording {
  /** Stands in front of everything; '' for nothing. */
  readonly opening: string;
  /** Ends what is searched and begins the question. */
  readonly question: string;
  /** Begins the answer; in a chat it begins the assistant's turn. */
  readonly lead: string;
}

const passkeys: Readonly<Record<AnswerKind, Readonly<Record<Ask, Wording>>>> = {
  number: {
    question: {
      opening: 'One pass key is hidden in the text below. Keep it in mind: you will be asked for it.\n\n',
      question: 'What is the pass key that the text mentions?',
      lead: ' The pass key is',
    },
    repeat: { opening: '', question: '', lead: 'Remember that the pass key is' },
  },
  name: {
    question: {
      opening: 'The text below says who keeps the lighthouse. Keep it in mind: you will be asked for it.\n\n',
      question: 'Who kept the lighthouse?',
      lead: ' The lighthouse was kept by old Mr.',
    },
    repeat: { opening: '', question: '', lead: 'Everybody knew that the lighthouse was kept by old Mr.' },
  },
};

/** The words around a pass key. */
export function passkeyWording(kind: AnswerKind, ask: Ask): Wording {
  return passkeys[kind][ask];
}

/** The sentences that hide a pass key. */
export function passkeyNeedle(kind: AnswerKind, answer: string): string {
  if (kind === 'number') {
    return `The pass key is ${answer}. Remember that the pass key is ${answer}. It is ${answer} and no other.`;
  }
  return (
    `The lighthouse was kept by old Mr. ${answer}. Everybody knew old Mr. ${answer}, and the key was with old ` +
    `Mr. ${answer}.`
  );
}

/** The words around a list. @param key of the line asked for. */
export function keyValueWording(ask: Ask, key: string): Wording {
  if (ask === 'repeat') return { opening: '', question: '', lead: `${key}:` };
  return {
    opening: 'Each line of the list below gives a key and its value. You will be asked for one value.\n\n',
    question: `What is the value of the key "${key}"?`,
    lead: ` The value of the key "${key}" is`,
  };
}
