// The tokens that are found in a text before it is cut, as Python's `tokenizers` finds them: those whose text is not
// normalised first, then, in what is left and once it is normalised, the others. It knows no vocabulary and cuts
// nothing else.

/** A token with its flags, as tokenizer.json spells them. */
export interface AddedToken {
  readonly content: string;
  /** Found only between characters that are no part of a word. */
  readonly single_word: boolean;
  /** Takes the white space before it with it. */
  readonly lstrip: boolean;
  /** Takes the white space behind it with it. */
  readonly rstrip: boolean;
  /** Looked for in normalised text. */
  readonly normalized: boolean;
  /** Left out of decoded text. */
  readonly special: boolean;
}

/** An added token that has its id. */
export interface NumberedToken extends AddedToken {
  readonly id: number;
}

/** A piece of a text: a token, or, with `token` undefined, text between tokens. */
export interface Piece {
  readonly text: string;
  readonly token: NumberedToken | undefined;
  /** Whether the text as it was given begins with it. */
  readonly first: boolean;
}

/** Tokens by the first unit of the text that they are found by, the longest first. */
type Found = ReadonlyMap<string, readonly (readonly [text: string, token: NumberedToken])[]>;

/** Finds added tokens. */
export class AddedTokens {
  private readonly normalize: (text: string) => string;
  private readonly plain: Found;
  private readonly normalized: Found;

  /** @param normalize what the tokenizer does to text before it cuts it. */
  constructor(tokens: readonly NumberedToken[], normalize: (text: string) => string) {
    this.normalize = normalize;
    const found = tokens.filter(({ content }) => content !== '');
    this.plain = byStart(
      found.filter((token) => !token.normalized),
      (content) => content,
    );
    this.normalized = byStart(
      found.filter((token) => token.normalized),
      normalize,
    );
  }

  /** The pieces of a text, those between tokens normalised. */
  split(text: string): Piece[] {
    return cut({ text, token: undefined, first: true }, this.plain).flatMap((piece) =>
      piece.token === undefined
        ? cut({ ...piece, text: this.normalize(piece.text) }, this.normalized)
        : [piece],
    );
  }
}

const wordCharacter = '[\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\p{Join_Control}]';
const endsInWord = new RegExp(`${wordCharacter}$`, 'u');
const beginsWithWord = new RegExp(`^${wordCharacter}`, 'u');
const spaceAtEnd = /\p{White_Space}*$/u;
const spaceAtStart = /^\p{White_Space}*/u;

function byStart(tokens: readonly NumberedToken[], written: (content: string) => string): Found {
  const found = new Map<string, [string, NumberedToken][]>();
  for (const token of tokens) {
    const text = written(token.content);
    if (text === '') continue;
    const others = found.get(text[0]);
    if (others === undefined) found.set(text[0], [[text, token]]);
    else others.push([text, token]);
  }
  // where two begin in one place the longer is meant
  for (const words of found.values()) words.sort(([a], [b]) => b.length - a.length);
  return found;
}

function cut({ text, first }: Piece, tokens: Found): Piece[] {
  const pieces: Piece[] = [];
  const add = (from: number, to: number, token?: NumberedToken): void => {
    if (from < to) pieces.push({ text: text.slice(from, to), token, first: first && from === 0 });
  };
  let done = 0;
  for (let at = 0; at < text.length; ) {
    const match = tokens.get(text[at])?.find(([word]) => text.startsWith(word, at));
    if (match === undefined) {
      at++;
      continue;
    }
    const [word, token] = match;
    let [start, end] = [at, at + word.length];
    at = end;
    if (
      token.single_word &&
      (endsInWord.test(text.slice(0, start)) || beginsWithWord.test(text.slice(end)))
    ) {
      continue;
    }
    if (token.lstrip) start = Math.max(done, start - matched(spaceAtEnd, text.slice(done, start)));
    if (token.rstrip) end += matched(spaceAtStart, text.slice(end));
    add(done, start);
    add(start, end, token);
    done = end;
  }
  add(done, text.length);
  return pieces;
}

function matched(space: RegExp, text: string): number {
  return space.exec(text)?.[0].length ?? 0;
}
