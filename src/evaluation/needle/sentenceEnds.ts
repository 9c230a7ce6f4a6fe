// Where the sentences of an English text end, well enough to put another sentence between two of them. It is no
// linguist: it looks for a full stop, an exclamation or a question mark, quotes and brackets behind it, and white
// space; titles, single initials and a few abbreviations do not count. What it misses is only a place not used.

const end =
  /(?<!\b(?:Mr|Mrs|Ms|Dr|St|Mt|Messrs|Mme|Mlle|Capt|Col|Gen|Lt|Sgt|Rev|Hon|Prof|Esq|No|vol|pp|cf|viz|\p{Lu})(?=\.))[.!?]+["'”’)\]]*(?=\s|$)/gu;

/** Offsets in UTF-16 units just behind the sentences of a text, ascending. */
export function sentenceEnds(text: string): number[] {
  return Array.from(text.matchAll(end), ({ 0: { length }, index }) => index + length);
}
