// Where generation stops beside an end-of-text token. A stop text is looked for in what the tokens say, where special
// tokens do not appear; so one that is a special token is met by its id. One that mixes both could never be met, and
// is refused, and so is text that the model's tokens cannot say. It looks at no written text itself: that is
// textStream.ts.
import { TreekvError } from '../core/index.ts';
import type { TextTokenizer } from '../model/index.ts';

/** Stop texts by how they are met. */
export interface StopTexts {
  readonly texts: readonly string[];
  /** Special tokens. */
  readonly ids: readonly number[];
}

/** Sorts stop texts. Throws BAD_OPTION for one that would never be met. */
export function planStops(tokenizer: TextTokenizer, stops: readonly string[]): StopTexts {
  if (stops.length === 0) return { texts: [], ids: [] };
  const special = tokenizer.specialTokens();
  const texts: string[] = [];
  const ids: number[] = [];
  for (const stop of stops) {
    const id = special.get(stop);
    const within = [...special.keys()].find((token) => stop.includes(token));
    if (id !== undefined) ids.push(id);
    else if (within === undefined) {
      requireSayable(tokenizer, stop);
      texts.push(stop);
    } else {
      const message =
        `The stop text ${JSON.stringify(stop)} has the special token ${within} beside other text, and would never ` +
        'be met: special tokens are no part of an answer. Give the token or the text alone.';
      throw new TreekvError('BAD_OPTION', message, { option: 'stop', value: stop, token: within });
    }
  }
  return { texts, ids };
}

function requireSayable(tokenizer: TextTokenizer, stop: string): void {
  const character = tokenizer.unsayable(stop);
  if (character === undefined) return;
  const message =
    `The stop text ${JSON.stringify(stop)} would never be met: the model's tokens cannot say ` +
    `${JSON.stringify(character)}. Leave it out.`;
  throw new TreekvError('BAD_OPTION', message, { option: 'stop', value: stop, character });
}
