// A text to read, as every experiment takes it, and what a list of them must be.
import { createHash } from 'node:crypto';
import { TreekvError } from '../core/index.ts';
import type { TextTokenizer } from '../model/index.ts';

/** A text to read. */
export interface Document {
  /** As results name it. */
  readonly name: string;
  /** The whole text. */
  readonly text: string;
}

/** What reading needs of a tokenizer. Whether texts have BOS in front is `bosId`'s to say, also of one that spells it out. */
export type Encoder = Pick<TextTokenizer, 'encode' | 'withBos' | 'bosId'>;

/** The hash by which results know a text. */
export function textHash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/**
 * Names are keys of a result, and a text that came twice would count as two independent ones.
 * Throws BAD_OPTION if there is no document, or if two have one name or one text.
 */
export function requireDocuments(documents: readonly Document[]): void {
  if (documents.length === 0) {
    throw new TreekvError('BAD_OPTION', 'There is no document: name at least one.', {});
  }
  const byName = new Set<string>();
  const byHash = new Map<string, string>();
  for (const { name, text } of documents) {
    if (byName.has(name)) {
      throw new TreekvError('BAD_OPTION', `The document '${name}' is named twice; name it once.`, { name });
    }
    const hash = textHash(text);
    const earlier = byHash.get(hash);
    if (earlier !== undefined) {
      const message = `${name} is the same text as ${earlier}, and one text counts once. Name one of them.`;
      throw new TreekvError('BAD_OPTION', message, { name, earlier });
    }
    byName.add(name);
    byHash.set(hash, name);
  }
}
