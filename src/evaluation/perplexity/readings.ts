// From documents to what is read: rows of ids and targets, and which stretch of a row's targets is which stretch of
// which document. Pure; it knows the protocols and neither policies nor models.
import { TreekvError } from '../../core/index.ts';
import type { Encoder } from '../document.ts';

/** A document in tokens, as far as it is read. */
export interface ReadDocument {
  /** Tokens that the text has, BOS not counted. */
  readonly tokens: number;
  /** Whether BOS stands in front, so that the first token is scored too. */
  readonly bos: boolean;
  /** [scored + 1] BOS if there is one, and tokens; all but the first are scored. */
  readonly ids: Int32Array;
}

/** A stretch of a row's targets. */
export interface ReadPart {
  /** Number of the document. */
  readonly document: number;
  /** Targets from .. to - 1 of the row. */
  readonly from: number;
  readonly to: number;
  /** Which of the document's scored tokens the first of them is. */
  readonly at: number;
}

/** What one row of a batch reads. */
export interface ReadRow {
  /** [n] */
  readonly ids: Int32Array;
  /** [n] the tokens that follow; -1 where none is scored. */
  readonly targets: Int32Array;
  readonly parts: readonly ReadPart[];
}

/** Tokenises a document. Throws EMPTY_INPUT if it has no token to score. @param limit tokens scored at most. */
export function readDocument(tokenizer: Encoder, name: string, text: string, limit: number): ReadDocument {
  const all = tokenizer.withBos(tokenizer.encode(text));
  if (all.length < 2) {
    throw new TreekvError('EMPTY_INPUT', `${name} has no token to score.`, { document: name });
  }
  const bos = tokenizer.bosId !== undefined;
  const tokens = all.length - (bos ? 1 : 0);
  return { tokens, bos, ids: all.slice(0, Math.min(all.length, limit + 1)) };
}

/** Tokens that are scored of a document. */
export function scoredOf({ ids }: ReadDocument): number {
  return ids.length - 1;
}

/** Tokens that are scored of the longest document. */
export function longestRead(documents: readonly ReadDocument[]): number {
  return documents.reduce((most, document) => Math.max(most, scoredOf(document)), 0);
}

/** Protocol `stream` with reset: a row a document. */
export function documentRow(document: ReadDocument, number: number): ReadRow {
  const n = scoredOf(document);
  const parts = [{ document: number, from: 0, to: n, at: 0 }];
  return { ids: document.ids.subarray(0, n), targets: document.ids.subarray(1), parts };
}

/** Protocol `stream` without reset: one row, documents in order; the BOS of the next is read and not scored. */
export function joinedRow(documents: readonly ReadDocument[]): ReadRow {
  const length = documents.reduce((sum, { ids }) => sum + ids.length, 0);
  const ids = new Int32Array(length);
  const targets = new Int32Array(length).fill(-1);
  const parts: ReadPart[] = [];
  let from = 0;
  for (const [number, document] of documents.entries()) {
    const n = scoredOf(document);
    ids.set(document.ids, from);
    targets.set(document.ids.subarray(1), from);
    parts.push({ document: number, from, to: from + n, at: 0 });
    from += document.ids.length;
  }
  // Nothing follows the last token, so it is not read.
  return { ids: ids.subarray(0, length - 1), targets: targets.subarray(0, length - 1), parts };
}

/**
 * Protocol `sliding`: a row a window. Every token of the document is scored once, the first window's all, then the
 * last `stride` of each; the last window ends with the document. None for a document shorter than a window.
 */
export function windowRows(
  document: ReadDocument,
  number: number,
  window: number,
  stride: number,
): ReadRow[] {
  const n = scoredOf(document);
  const rows: ReadRow[] = [];
  // tokens 0 .. done - 1 are scored
  let done = 0;
  while (n >= window && done < n) {
    const end = done === 0 ? window : Math.min(done + stride, n);
    const begin = end - window;
    const ids = document.ids.slice(begin, end);
    // A window is read as a text of its own.
    if (document.bos) ids[0] = document.ids[0];
    const from = done - begin;
    const targets = document.ids.slice(begin + 1, end + 1).fill(-1, 0, from);
    rows.push({ ids, targets, parts: [{ document: number, from, to: window, at: done }] });
    done = end;
  }
  return rows;
}
