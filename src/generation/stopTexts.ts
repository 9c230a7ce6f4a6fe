// Where generation stops beside an end-of-text token. A stop text is looked for in what the tokens say, where special
// tokens do not appear; so one that is a special token is met by its id. One that mixes both could never be met, and
// is refused. It looks at no written text itself: that is textStream.ts.
import { TreekvError } from '../core/index.ts';
import type { TextTokenizer } from '../model/index.ts';

/** Stop texts by how they are met. */
export interface StopTexts {
  readonly texts: readonly string[];
  /** Special tokens. */
  readonly ids: readonly number[];
}

/** Sorts stop texts. Throws BAD_OPTION for one that has a special token beside other text. */
export function planStops(tokenizer: TextTokenizer, stops: readonly string[]): StopTexts {
  if (stops.length === 0) return { texts: [], ids: [] };
  const special = tokenizer.specialTokens();
  const texts: string[] = [];
  const ids: number[] = [];
  for (const stop of stops) {
    const id = special.get(stop);
    const within = [...special.keys()].find((token) => stop.includes(token));
    if (id !== undefined) ids.push(id);
    else if (within === undefined) texts.push(stop);
    else {
      const message =
        `The stop text ${JSON.stringify(stop)} has the special token ${within} beside other text, and would never ` +
        'be met: special tokens are no part of an answer. Give the token or the text alone.';
      throw new TreekvError('BAD_OPTION', message, { option: 'stop', value: stop, token: within });
    }
  }
  return { texts, ids };
}
